"""Which revision boots: the boot loader's rule (device.md 4) and its fall-backs (R8). Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from surefoot.boot.protocol import BootVars


@dataclass(frozen=True)
class Choice:
    """`rev` boots, and `pv_trying` must durably be `trying` (None: empty) before it starts."""

    rev: str
    trying: str | None


def choose(boot_vars: BootVars, try_exists: bool = True) -> Choice:
    """An armed revision gets one boot; every other boot is of `pv_rev` and spends nothing.

    `try_exists`: the armed revision has a state to boot. One without is marked as tried all the
    same, so that the agent finds a spent try and reports it.
    """
    if boot_vars.try_ is None:
        return Choice(boot_vars.rev, None)
    if boot_vars.spent or not try_exists:
        return Choice(boot_vars.rev, boot_vars.try_)
    return Choice(boot_vars.try_, boot_vars.try_)


@dataclass(frozen=True)
class Settled:
    """Legal variables, and whose they are. `source` is empty when the boot file itself served."""

    boot_vars: BootVars
    source: str


def settle(
    main: BootVars | None,
    copy: BootVars | None,
    newest_done: Callable[[], str | None],
    has_trail: Callable[[str], bool],
) -> Settled:
    """The boot file, else its copy, else the newest DONE revision, else revision 0 (R8).

    None stands for a file that cannot be read. A file whose `pv_rev` has no trail counts as such:
    it cannot be what was written here (peers 3: snapd#5145).
    """
    if main is not None and has_trail(main.rev):
        return Settled(main, "")
    if copy is not None and has_trail(copy.rev):
        return Settled(copy, "its copy")
    if (done := newest_done()) is not None:
        return Settled(BootVars(done), "the newest DONE revision")
    return Settled(BootVars("0"), "the factory revision")
