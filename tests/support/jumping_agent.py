"""The real agent under a wall clock that jumps: `CLOCK_FILE` holds by how many seconds it is wrong.

As a program it is boot loop or agent: `python -m tests.support.jumping_agent loop STORAGE RUN`.
"""

import os
import sys
import time
from pathlib import Path

OFFSET = Path(os.environ["CLOCK_FILE"])
_time, _time_ns = time.time, time.time_ns


def _offset_s():
    return int(OFFSET.read_text())


time.time = lambda: _time() + _offset_s()
time.time_ns = lambda: _time_ns() + _offset_s() * 10**9

if __name__ == "__main__":
    # Only now, so that whatever keeps a clock keeps the one that jumps.
    from surefoot.boot.runner import run_device
    from surefoot.device.main import main

    role, storage, run = sys.argv[1], sys.argv[2], sys.argv[-1]
    agent = [sys.executable, "-m", "tests.support.jumping_agent", "agent", storage, "--run", run]
    if role == "loop":
        sys.exit(run_device(Path(storage), Path(run), agent, environ=os.environ))
    sys.exit(main(sys.argv[2:]))
