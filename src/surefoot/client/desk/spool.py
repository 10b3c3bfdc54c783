"""Objects of a source as files that can be sent from the start again.

Those of a checkout are files already. Those of a tarball come as a stream, once: they are copied to
a temporary directory, one after the other, and deleted when they are through.
"""

import hashlib
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from surefoot.client.checkout import OpenObject, Source
from surefoot.errors import Corrupt
from surefoot.files.steps import room

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Ready:
    """`size` bytes of one object in a file; `is_copy`: it is deleted by `done`."""

    sha: str
    size: int
    path: Path
    is_copy: bool = False

    def done(self) -> None:
        """Nobody needs it any more; twice is harmless."""
        if self.is_copy:
            self.path.unlink(missing_ok=True)


@contextmanager
def spooled(source: Source, wanted: Collection[str]) -> Iterator[Iterator[Ready]]:
    """The wanted objects, each made ready when it is asked for. At the end no copy is left.

    Raises what reading raises, Corrupt for bytes that are not the named ones, NoRoom.
    """
    with tempfile.TemporaryDirectory(prefix="surefoot-post-") as place:
        yield (_ready(each, Path(place)) for each in source.objects(wanted))


def _ready(each: OpenObject, place: Path) -> Ready:
    if isinstance(each.stream, FileIO) and isinstance(each.stream.name, str | Path):
        return Ready(each.sha, each.size, Path(each.stream.name))
    return _copied(each, place / each.sha)


def _copied(each: OpenObject, path: Path) -> Ready:
    running = hashlib.sha256()
    with room(path), path.open("wb") as file:
        while chunk := each.stream.read(_CHUNK):
            running.update(chunk)
            file.write(chunk)
    if running.hexdigest() != each.sha:
        raise Corrupt(f"Object {each.sha} of the tarball has other bytes; make the tarball again")
    return Ready(each.sha, each.size, path, is_copy=True)
