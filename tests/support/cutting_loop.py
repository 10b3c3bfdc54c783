"""The boot loop with the cutting agent: `python -m tests.support.cutting_loop STORAGE RUN`."""

import os
import sys
from pathlib import Path

from surefoot.boot.pauses import Pauses
from surefoot.boot.runner import LoopPolicy, run_device

storage, run = sys.argv[1:]
agent = [sys.executable, "-m", "tests.support.cutting_agent", storage, "--run", run]
policy = LoopPolicy(Pauses(first_s=0))  # the cuts are meant, and many
sys.exit(run_device(Path(storage), Path(run), agent, environ=os.environ, policy=policy))
