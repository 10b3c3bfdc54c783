"""The device's storage: typed access to what lies in it, byte-compatible with Pantavisor's.

Knows no policy: whether something may be replaced or removed is decided by who calls.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from surefoot.boot import trails
from surefoot.boot.ids import device_id
from surefoot.device import trail as one_trail
from surefoot.device.layout import FACTORY, Layout
from surefoot.device.trail import Problem
from surefoot.errors import Corrupt, InvalidInput, NotFound, SurefootError
from surefoot.files import durable
from surefoot.files.objects import ObjectStore, contents
from surefoot.files.reserve import Reserve
from surefoot.revision import State, parse
from surefoot.wire.progress import PERCENT, Progress, Status, decode, encode

log = logging.getLogger(__name__)
__all__ = ["FACTORY", "FACTORY_DONE", "STORED", "Problem", "Space", "Storage"]

STORED = Progress(Status.NEW, "Update ready to be run", PERCENT[Status.NEW])
FACTORY_DONE = Progress(Status.DONE, "Factory revision", PERCENT[Status.DONE])
_MESSAGE_MAX = 256


@dataclass(frozen=True)
class Space:
    """Of the file system that holds the storage, in bytes; `free`: what this process may take."""

    total: int
    free: int


class Storage(Layout):
    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.objects = ObjectStore(self.pool)
        self.reserve = Reserve(self.own / "reserve")

    # --- the storage as a whole -------------------------------------------------------------

    def recover(self) -> None:
        """At a start, by whoever holds the lock, before anybody else reads: ends what a power cut
        left half-done, removes leftovers, makes missing directories, takes the reserve."""
        _tidied(durable.sweep, self.root)
        inner = self.trails / "locals", self.logs / "locals", self.disks / "rev"
        for directory in (*self.directories(), *inner):
            _tidied(durable.recover, directory)
        for revision in self.all_trails():
            for part in (".pvr", ".pv"):
                _tidied(durable.sweep, self.trail(revision) / part)
        self.reserve.lend(self.make_layout)
        self.reserve.hold()

    def make_layout(self) -> None:
        """All directories of the layout are there. Raises NoRoom."""
        for directory in self.directories():
            durable.make_dirs(directory)

    def device_id(self) -> str:
        """Eight hex characters, the same for the life of this storage."""
        return device_id(self.root)

    def space(self) -> Space:
        found = os.statvfs(self.root)
        return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    # --- revisions --------------------------------------------------------------------------

    def date(self, revision: str) -> str:
        """When its state was stored, `2026-11-24T06:51:34Z`. A label: clocks jump (R23)."""
        try:
            stored = (self.trail(revision) / one_trail.STATE).stat().st_mtime
        except FileNotFoundError as error:
            raise _not_here(revision) from error
        return datetime.fromtimestamp(stored, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def newest_done(self) -> str | None:
        """The revision that was marked done last; None when none is."""
        return trails.newest_done(self.root)

    def read_state_text(self, revision: str) -> bytes:
        """Byte for byte as stored. Raises NotFound; Corrupt when the disk cannot read it."""
        try:
            return contents(self.trail(revision) / one_trail.STATE)
        except NotFound as error:
            raise _not_here(revision) from error

    def write_state(self, revision: str, text: bytes | str, progress: Progress = STORED) -> bool:
        """The revision has this state. False when it had it already: then nothing changes.

        Another text is replaced together with all that belongs to it, in one step: the new trail
        has no files yet, and `progress` (R25: NEW). Whether that may be is the caller's question.
        """
        data = text.encode() if isinstance(text, str) else text
        if self._has_text(revision, data):
            durable.sync_dir(self.trail(revision).parent)
            return False
        old = self._replace(revision, self._draft(revision, data, progress))
        if old is not None:
            durable.remove_tree(old)
        return True

    def delete_trail(self, revision: str) -> None:
        """Nothing of the trail is left; its objects are. Twice is harmless."""
        durable.remove_tree(self.trail(revision))

    def make_factory(self, revision: str) -> None:
        """A copy of the revision is `trails/0`, DONE `Factory revision` (R25), in one step.

        The older factory revision, which may be running, stays as a leftover until the next start.
        Raises NotFound and StateError when the revision is not whole; NoRoom.
        """
        if revision == FACTORY:
            self.write_progress(FACTORY, FACTORY_DONE)
            self.mark_done(FACTORY)
        else:
            self._replace(FACTORY, self._copy(revision, FACTORY, FACTORY_DONE))

    def copy_revision(self, revision: str, target: str, progress: Progress) -> None:
        """`target` is a copy by links (R20), with this progress. Raises as `make_factory` does."""
        old = self._replace(target, self._copy(revision, target, progress))
        if old is not None:
            durable.remove_tree(old)

    # --- what is known of a revision --------------------------------------------------------

    def read_progress(self, revision: str) -> Progress | None:
        """None when there is none. Raises Corrupt, naming the file."""
        path = self.trail(revision) / one_trail.PROGRESS
        try:
            return decode(contents(path))
        except NotFound:
            return None
        except InvalidInput as error:
            raise Corrupt(f"{path} is damaged: {error}") from error

    def write_progress(self, revision: str, progress: Progress) -> None:
        """Works on a full disk too, from the reserve. Raises NotFound; NoRoom without reserve."""
        self._write_own(revision, one_trail.PROGRESS, encode(progress))

    def is_done(self, revision: str) -> bool:
        return (self.trail(revision) / one_trail.DONE).is_file()

    def mark_done(self, revision: str) -> None:
        """Raises as `write_progress` does."""
        if not self.is_done(revision):
            self._write_own(revision, one_trail.DONE, b"")

    def read_told(self, revision: str) -> bytes:
        """What `write_told` stored last; empty when there is none."""
        try:
            return contents(self.trail(revision) / one_trail.TOLD)
        except (NotFound, Corrupt):
            return b""

    def write_told(self, revision: str, mark: bytes) -> None:
        """Which final record the Hub knows. Raises as `write_progress` does."""
        self._write_own(revision, one_trail.TOLD, mark)

    def read_message(self, revision: str) -> str:
        """The commit message, empty when there is none."""
        try:
            return contents(self.trail(revision) / one_trail.MESSAGE).decode("utf-8", "replace")
        except NotFound:
            return ""

    def write_message(self, revision: str, message: str) -> None:
        """Raises InvalidInput when it has more than 256 bytes; NotFound, NoRoom."""
        self._write_own(revision, one_trail.MESSAGE, _message(message))

    # --- files of a revision ----------------------------------------------------------------

    def install(self, revision: str, state: State, checked: frozenset[str] = frozenset()) -> None:
        """Raises NotFound, Corrupt (object and path named), NoRoom. Twice: completes, harmless.

        `checked`: objects that were hashed on their way in, or since: not read a second time.
        """
        self._require(revision)
        one_trail.install(self.trail(revision), self.objects, state, checked)

    def verify(self, revision: str, state: State) -> list[Problem]:
        """What is wrong with the files that the containers of the revision use."""
        return one_trail.verify(self.trail(revision), state)

    def relink(self, sha: str) -> list[str]:
        """After an object came in: every trail that names it uses the new file, so that a sick
        revision is whole again (R12). Gives those revisions. Raises NotFound, NoRoom."""
        self.objects.size(sha)
        healed = []
        for revision in self.revisions():
            state = self._state_naming(revision, sha)
            if state is not None:
                one_trail.relink(self.trail(revision), self.objects, state, sha)
                healed.append(revision)
        return healed

    def is_wanted(self, sha: str) -> bool:
        """Whether a revision that was not given up names the object."""
        return any(
            self._state_naming(revision, sha) is not None and not self._is_given_up(revision)
            for revision in self.revisions()
        )

    # ----------------------------------------------------------------------------------------

    def _is_given_up(self, revision: str) -> bool:
        try:
            record = self.read_progress(revision)
        except SurefootError:
            return False
        return record is not None and record.status in (Status.CANCELLED, Status.WONTGO)

    def _has_text(self, revision: str, data: bytes) -> bool:
        try:
            return contents(self.trail(revision) / one_trail.STATE) == data
        except (NotFound, Corrupt):
            return False

    def _state_naming(self, revision: str, sha: str) -> State | None:
        try:
            text = self.read_state_text(revision)
            state = parse(text) if sha.encode() in text else None
        except SurefootError:
            return None  # nobody can use a revision whose state cannot be read
        return state if state and sha in state.objects.values() else None

    def _draft(self, revision: str, text: bytes, progress: Progress) -> Path:
        def fill(fresh: Path) -> None:
            durable.make_dirs(fresh / ".pvr")
            durable.write(fresh / one_trail.STATE, text)
            _describe(fresh, revision, progress)

        return _built(self.trail(revision), fill)

    def _copy(self, revision: str, target: str, progress: Progress) -> Path:
        state = parse(self.read_state_text(revision))

        def fill(fresh: Path) -> None:
            one_trail.copy(self.trail(revision), fresh, state)
            _describe(fresh, target, progress)

        return _built(self.trail(target), fill)

    def _replace(self, revision: str, fresh: Path) -> Path | None:
        return durable.replace_tree(fresh, self.trail(revision))

    def _require(self, revision: str) -> None:
        if not self.trail(revision).is_dir():
            raise _not_here(revision)

    def _write_own(self, revision: str, name: str, data: bytes) -> None:
        self._require(revision)
        path = self.trail(revision) / name

        def write() -> None:
            durable.make_dirs(path.parent)
            durable.write(path, data)

        self.reserve.lend(write)


def _not_here(revision: str) -> NotFound:
    return NotFound(f"Revision {revision} is not stored on this device")


def _message(message: str) -> bytes:
    data = message.encode("utf-8", "replace")
    if len(data) > _MESSAGE_MAX:
        raise InvalidInput(f"A commit message has at most {_MESSAGE_MAX} bytes, not {len(data)}")
    return data


def _built(trail: Path, fill: Callable[[Path], None]) -> Path:
    """A complete tree under a temporary name beside `trail`; nothing is left when that fails."""
    fresh = durable.temporary(trail)
    try:
        with durable.together():
            durable.make_dirs(fresh)
            fill(fresh)
    except (SurefootError, OSError):
        durable.remove_tree(fresh)
        raise
    return fresh


def _describe(fresh: Path, revision: str, progress: Progress) -> None:
    """What lies in a trail beside its state and files."""
    objects = "../" * (2 + revision.count("/")) + "objects"
    durable.write(fresh / one_trail.CONFIG, f'{{"ObjectsDir":"{objects}"}}'.encode())
    durable.make_dirs(fresh / ".pv")
    durable.write(fresh / one_trail.PROGRESS, encode(progress))
    if progress.status is Status.DONE:
        durable.write(fresh / one_trail.DONE, b"")


def _tidied(work: Callable[[Path], None], directory: Path) -> None:
    """A leftover that cannot be removed (a container may have made it so) stops no boot."""
    try:
        work(directory)
    except (OSError, SurefootError) as error:
        log.warning("leftovers stay in %s: %s", directory, error)
