"""The boot loader's turn: find the variables, choose, note the try durably, name the revision."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from surefoot.boot.choose import choose, settle
from surefoot.boot.loop import LoopBoot
from surefoot.boot.protocol import BootVars
from surefoot.boot.trails import has_state, has_trail, newest_done
from surefoot.errors import Corrupt, SurefootError
from surefoot.files import durable
from surefoot.files.reserve import Reserve

Say = Callable[[str], None]


def decide(storage: Path, say: Say) -> str:
    """The revision to boot now (R8, device.md 4); says what is out of the ordinary.

    Durable before it returns: a try that is about to run is noted as spent, and a boot file that
    could not be used says again what was decided. Twice in a row it is two boots: the second one
    finds the try spent. Raises nothing: where the disk refuses, the rollback point boots.
    """
    boot = LoopBoot(storage)
    _tidy(boot, say)
    boot_vars = _find(boot, storage, say)
    try_exists = boot_vars.try_ is None or has_state(storage, boot_vars.try_)
    if not try_exists:
        say(f"revision {boot_vars.try_} is to be tried but has no state; not trying it")
    choice = choose(boot_vars, try_exists)
    try:
        # The agent takes the reserve again; this note is what it was kept for.
        Reserve(storage / ".surefoot" / "reserve").lend(lambda: boot.note_trying(choice.trying))
    except (OSError, SurefootError) as error:
        # A try that cannot be noted would be tried again after each crash, for ever.
        say(f"cannot note which revision is tried ({error}); booting revision {boot_vars.rev}")
        return boot_vars.rev
    return choice.rev


def _tidy(boot: LoopBoot, say: Say) -> None:
    """What a cut inside a change of the boot files left behind: nobody writes there just now."""
    try:
        durable.sweep(boot.file.parent)
    except (OSError, SurefootError) as error:
        say(f"cannot remove leftovers beside the boot file: {error}")


def _find(boot: LoopBoot, storage: Path, say: Say) -> BootVars:
    found = settle(
        _read(boot.read, say),
        _read(boot.read_copy, lambda _: None),
        partial(newest_done, storage),
        partial(has_trail, storage),
    )
    if found.source:
        say(f"the boot file cannot be used; taking {found.source}: revision {found.boot_vars.rev}")
    try:
        boot.heal(found.boot_vars)
    except (OSError, SurefootError) as error:
        say(f"cannot put the boot file right: {error}")
    return found.boot_vars


def _read(read: Callable[[], BootVars], say: Say) -> BootVars | None:
    try:
        return read()
    except Corrupt as error:
        say(str(error))
        return None
