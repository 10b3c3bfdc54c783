"""What is found at start-up, gathered into the one event that recovery begins with (R9, R12)."""

import logging

from surefoot.boot.protocol import BootLoader, BootVars
from surefoot.device import effects as dev
from surefoot.device import journal
from surefoot.device.commands import NAME_A_REVISION
from surefoot.device.remote.told import is_told
from surefoot.device.storage import FACTORY, Storage
from surefoot.errors import Corrupt, SurefootError
from surefoot.revision import State, is_local, parse
from surefoot.update import tables
from surefoot.update.events import Booted
from surefoot.update.tables import Cause
from surefoot.wire.progress import Progress, Status

log = logging.getLogger(__name__)


def gather(
    storage: Storage, loader: BootLoader, running: str, checksums: bool, remote_default: bool
) -> dev.Boot:
    """Reads the boot loader, the records, the journal and the running revision's files.

    `checksums`: PV_SECUREBOOT_CHECKSUM, hash every file of the running revision. Never raises for
    what is on the disk: what cannot be read has a meaning of its own.
    """
    found = _boot_vars(loader, running)
    trial = found.try_ == running
    state, problem = read_state(storage, running)
    sick = _sick(storage, running, state) if checksums and state else {}
    command = journal.read(storage)
    return dev.Boot(
        _booted(storage, found, running, _cause(trial, state, sick), problem or _told(sick)),
        state,
        state if found.rev == running else read_state(storage, found.rev)[0],
        sick={} if trial else sick,
        journal=command,
        journal_progress=_journal_progress(storage, command),
        waiting=_waiting(storage, found),
        untold=untold(storage),
        remote=journal.read_mode(storage, remote_default),
    )


def _journal_progress(storage: Storage, command: dev.Command | None) -> Progress | None:
    named = command is not None and command.op in NAME_A_REVISION
    return read_progress(storage, command.payload) if command and named else None


def _boot_vars(loader: BootLoader, running: str) -> BootVars:
    try:
        return loader.read()
    except Corrupt as error:
        log.error("the boot loader's variables cannot be read: %s", error)
        return BootVars(running)


def read_state(storage: Storage, revision: str) -> tuple[State | None, str]:
    """The parsed state, or None and the reason."""
    try:
        return parse(storage.read_state_text(revision)), ""
    except SurefootError as error:
        log.error("the state JSON of revision %s cannot be used: %s", revision, error)
        return None, str(error)


def _sick(storage: Storage, revision: str, state: State) -> dict[str, str]:
    """Container -> what is wrong with its files; "" stands for files of no container."""
    sick: dict[str, str] = {}
    for problem in storage.verify(revision, state):
        log.error("revision %s: %s", revision, problem)
        sick.setdefault(problem.container or "", str(problem))
    return sick


def _cause(trial: bool, state: State | None, sick: dict[str, str]) -> Cause | None:
    """R12, last column."""
    return Cause.BAD_OBJECT if trial and (state is None or sick) else None


def _told(sick: dict[str, str]) -> str:
    return "; ".join(sick.values())


def _booted(
    storage: Storage, found: BootVars, running: str, cause: Cause | None, detail: str
) -> Booted:
    stored = read_progress(storage, found.try_ or running)
    orphans = _orphans(storage, found)
    own = read_progress(storage, running)
    proven = own is not None and own.status is Status.DONE
    return Booted(
        running, found.rev, found.try_, stored, cause, detail, orphans=orphans, proven=proven
    )


def read_progress(storage: Storage, revision: str) -> Progress | None:
    """None also for a record that cannot be read."""
    try:
        return storage.read_progress(revision)
    except SurefootError as error:
        log.warning("the progress of revision %s is lost: %s", revision, error)
        return None


def _records(storage: Storage, found: BootVars) -> list[tuple[str, Progress]]:
    named = (found.rev, found.try_)
    others = [name for name in storage.revisions() if name not in named]
    records = ((name, read_progress(storage, name)) for name in others)
    return [(name, progress) for name, progress in records if progress is not None]


def _orphans(storage: Storage, found: BootVars) -> tuple[tuple[str, Progress], ...]:
    return tuple(
        (name, progress)
        for name, progress in _records(storage, found)
        if is_local(name) and progress.status in (Status.INPROGRESS, Status.TESTING)
    )


def untold(storage: Storage) -> tuple[str, ...]:
    """Remote revisions whose final record the Hub has not confirmed (R18). Revision 0 is told with
    the first sync."""
    names = (name for name in storage.revisions() if not is_local(name) and name != FACTORY)
    records = ((name, read_progress(storage, name)) for name in names)
    return tuple(
        name
        for name, record in records
        if record and record.status in tables.FINAL and not is_told(storage, name, record)
    )


def _waiting(storage: Storage, found: BootVars) -> tuple[tuple[str, int], ...]:
    return tuple(
        (name, progress.retries)
        for name, progress in _records(storage, found)
        if not is_local(name) and progress.status not in tables.FINAL
    )
