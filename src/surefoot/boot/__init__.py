"""What runs next: boot loader variables, and the boot loop that stands in for a boot loader.

The room has two users that meet only in files, environment and exit codes (`protocol.py`): the
agent, which arms, disarms and commits through a `BootLoader`, and the boot loop (`runner.py`), a
program of its own. A real boot loader must be able to take the loop's place, so nothing here knows
the agent's code, and the loop decides nothing but which revision boots.

Never: judges an update, reads a state JSON, stores a progress.

Words: a revision is *armed* when `pv_try` names it; its try is *spent* once `pv_trying` names it
too; *commit* makes it `pv_rev`, the rollback point. To *settle* is to find legal variables although
the boot file cannot be used. To *sweep* is to remove what a dead agent left on the machine.

Read `protocol.py` first, then `choose.py`, `loop.py`, `decide.py`, `runner.py`, `clean.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootLoader, BootVars

# By PV_BOOTLOADER_TYPE (config.md). `uboot` is the same file in the same place; only who reads it
# differs.
BACKENDS: Final[dict[str, Callable[[Path], BootLoader]]] = {"loop": LoopBoot, "uboot": LoopBoot}

__all__ = ["BACKENDS", "BootLoader", "BootVars", "LoopBoot"]
