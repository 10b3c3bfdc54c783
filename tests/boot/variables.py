"""Boot variables on disk, each way they can be, and what is done to them."""

from collections.abc import Callable
from pathlib import Path

from surefoot.boot.choose import choose
from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootVars

# Nothing armed; the note of an older try; armed; armed with an older note; spent.
STATES = (
    BootVars("1"),
    BootVars("1", None, "2"),
    BootVars("1", "2"),
    BootVars("1", "2", "3"),
    BootVars("1", "2", "2"),
)
CHANGES: dict[str, Callable[[LoopBoot], None]] = {
    "arm the same": lambda boot: boot.arm("2"),
    "arm another": lambda boot: boot.arm("3"),
    "disarm": lambda boot: boot.disarm(),
    "disarm and restore": lambda boot: boot.disarm("2"),
    "commit the try": lambda boot: boot.commit("2"),
    "commit another": lambda boot: boot.commit("3"),
}
# A disk that keeps nothing of the kind: unreadable whatever was written.
GARBAGE = {
    "empty": b"",
    "zeros": bytes(512),
    "erased flash": b"\xff" * 512,
    "64 KiB of garbage": bytes(range(256)) * 256,
    "text": b"pv_rev=1\npv_try=2\n",
}


def put(storage: Path, boot_vars: BootVars) -> LoopBoot:
    """A storage that holds `boot_vars`."""
    boot = LoopBoot(storage)
    boot.commit(boot_vars.rev)
    if boot_vars.try_ is not None:
        boot.arm(boot_vars.try_)
    boot.note_trying(boot_vars.trying)
    return boot


def meaning(boot_vars: BootVars) -> tuple[str, str]:
    """All that variables say: the rollback point, and what the next boot runs."""
    return boot_vars.rev, choose(boot_vars).rev
