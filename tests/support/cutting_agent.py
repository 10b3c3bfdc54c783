"""The real agent, but its power fails before its Nth effect: `CUT_FILE` holds N while one is armed.

The agent dies of SIGKILL; the boot loop ends everything else of the device, as R8 says.
"""

import os
import signal
import sys
from pathlib import Path

from surefoot.device import perform
from surefoot.device.main import main

ARMED = Path(os.environ["CUT_FILE"])
_perform = perform.Hands.perform


def _cut_or_perform(hands, effect):
    if ARMED.exists():
        left = int(ARMED.read_text())
        if left == 0:
            ARMED.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        ARMED.write_text(str(left - 1))
    _perform(hands, effect)


perform.Hands.perform = _cut_or_perform
sys.exit(main(sys.argv[1:]))
