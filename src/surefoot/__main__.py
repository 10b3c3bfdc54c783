"""`python -m surefoot`: the command `surefoot`, and how the boot loop starts an agent."""

import sys

from surefoot.cli import main

if __name__ == "__main__":
    sys.exit(main())
