"""The pool: objects named by the sha256 of their bytes, 64 lower-case hex digits.

No byte stands under a final name before it was hashed, and every replacement is a new file: the
old one may be linked from elsewhere, and keeps its bytes there.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from surefoot.errors import Corrupt, InvalidInput, NotFound
from surefoot.files import durable

_NAME = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK = 1 << 20

Listing = list[tuple[str, int]]


def chunks(path: Path) -> Iterator[memoryview]:
    """The bytes of a file in pieces of at most 1 MiB, each valid until the next is asked for.

    Raises NotFound when there is no file of that name, Corrupt when it is no plain file (a link, a
    pipe, a directory) or the disk cannot read it.
    """
    buffer = memoryview(bytearray(_CHUNK))
    with _open(path) as file:
        while size := _read(file, buffer, path):
            yield buffer[:size]


def contents(path: Path) -> bytes:
    """The whole of a small file. Raises as `chunks` does."""
    return b"".join(map(bytes, chunks(path)))


def digest(path: Path) -> str:
    """sha256 of a file, lower-case hex, in bounded memory. Raises as `chunks` does."""
    running = hashlib.sha256()
    for chunk in chunks(path):
        running.update(chunk)
    return running.hexdigest()


def _open(path: Path) -> FileIO:
    try:
        # A name that was bent to another file, or to a pipe that never ends, is not followed.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path} is not there") from error
    except OSError as error:
        raise Corrupt(f"{path} cannot be opened ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Corrupt(f"{path} is not a plain file")
    return FileIO(fd)


def _read(file: FileIO, buffer: memoryview, path: Path) -> int:
    try:
        return file.readinto(buffer) or 0
    except OSError as error:
        raise Corrupt(f"{path} cannot be read ({error.strerror})") from error


class ObjectStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha: str) -> Path:
        """Raises InvalidInput for what is no name of an object."""
        if not _NAME.match(sha):
            raise InvalidInput(f"{sha[:80]!r} is no object: 64 lower-case hex digits are wanted")
        return self.root / sha

    def has(self, sha: str) -> bool:
        """Whether a file of that name is here; `verify` says whether it is right."""
        path = self.path(sha)
        return path.is_file() and not path.is_symlink()

    def size(self, sha: str) -> int:
        """In bytes. Raises NotFound."""
        return self._stat(sha).st_size

    def links(self, sha: str) -> int:
        """How many names the file has, the one in the pool included. Raises NotFound."""
        return self._stat(sha).st_nlink

    def list(self) -> Listing:
        """(sha, size in bytes), by name; one that is removed meanwhile may be missing."""
        names = os.listdir(self.root) if self.root.is_dir() else []
        return [(name, size) for name in sorted(names) for size in self._sizes(name)]

    def verify(self, sha: str) -> bool:
        """Whether the object is here with the right bytes: all of them are read and hashed."""
        try:
            return digest(self.path(sha)) == sha
        except (NotFound, Corrupt):
            return False

    def receive(self, sha: str) -> "Receiver":
        """For bytes that arrive one after the other and claim to be `sha`. Several receivers of
        the same object do not disturb each other."""
        return Receiver(self, self.path(sha).name)

    def add_file(self, path: Path) -> str:
        """Copies a file (of a link: its target) into the pool; gives its sha256. Raises NotFound,
        Corrupt, NoRoom."""
        with Receiver(self) as receiver:
            for chunk in chunks(path.resolve()):
                receiver.write(chunk)
            return receiver.commit()

    def remove(self, sha: str) -> None:
        """Twice is harmless. Other links to the file keep it."""
        durable.remove(self.path(sha))

    def recover(self) -> None:
        """At a start, before anybody receives: removes what interrupted transfers left."""
        durable.recover(self.root)

    def _sizes(self, name: str) -> Iterator[int]:
        """Its size, if it is an object."""
        if not _NAME.match(name):
            return
        try:
            found = self._stat(name)
        except NotFound:
            return
        if stat.S_ISREG(found.st_mode):
            yield found.st_size

    def _stat(self, sha: str) -> os.stat_result:
        try:
            return self.path(sha).lstat()
        except FileNotFoundError as error:
            raise NotFound(f"Object {sha} is not here") from error


class Receiver:
    """One object on its way in. Left without `commit`, it leaves nothing."""

    def __init__(self, store: ObjectStore, sha: str | None = None) -> None:
        self.received = 0
        self._store = store
        self._sha = sha
        self._running = hashlib.sha256()
        durable.make_dirs(store.root)
        self._draft = durable.Draft(store.root / (sha or "object"))

    def __enter__(self) -> "Receiver":
        return self

    def __exit__(self, *_: object) -> None:
        self._draft.drop()

    def write(self, chunk: bytes | memoryview) -> None:
        """Raises NoRoom."""
        self._running.update(chunk)
        self._draft.write(chunk)
        self.received += len(chunk)

    def commit(self) -> str:
        """The object is in the pool, in place of an older file of that name; gives its sha256.
        Raises Corrupt when the bytes are not the claimed ones: then nothing is kept."""
        found = self._running.hexdigest()
        if self._sha not in (None, found):
            self._draft.drop()
            raise Corrupt(f"Object {self._sha} came with other bytes (sha256 {found}); send again")
        self._draft.finish(self._store.path(found))
        return found
