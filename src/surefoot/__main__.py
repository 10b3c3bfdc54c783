"""`python -m surefoot`. What must stay small (agent, boot loop) never imports the command line."""

import os
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    if argv[:1] == ["agent"]:
        from surefoot.device.main import main as agent

        return agent(argv[1:])
    if argv[:2] == ["device", "run"]:
        from surefoot.boot.runner import run_device

        return run_device(Path(argv[2]), Path(argv[4]), environ=os.environ)
    from surefoot.cli import main as command_line

    return command_line(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
