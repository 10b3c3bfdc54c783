"""Export tarballs: one state JSON and its objects, read as a stream in bounded memory.

Source: pvr.md 2.1, 2.2. What comes in is hostile until it is checked: nothing is unpacked here,
names are compared with the two that exist, and sizes are looked at before a byte is read.
"""

import gzip
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Protocol, cast

from surefoot.errors import InvalidInput


class Reader(Protocol):
    """Something whose bytes come once, in order; `b""` is the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Limits:
    """In bytes, but `max_members`. `max_gap`: what may lie between two members, or behind the last
    one: headers, long names, padding."""

    max_state: int = 16 << 20
    max_object: int = 1 << 40
    max_members: int = 100_000
    max_gap: int = 1 << 20


LIMITS = Limits()


@dataclass(frozen=True)
class StateText:
    """The member `json`: the state, byte for byte, not parsed."""

    text: bytes


@dataclass(frozen=True)
class BundleObject:
    """The member `objects/<sha>`: `size` bytes, to be read before the next member is asked for.

    The name is a claim; whoever keeps the bytes hashes them.
    """

    sha: str
    size: int
    reader: Reader


Member = StateText | BundleObject

_OBJECT = re.compile(r"objects/([0-9a-f]{64})\Z")
_GZIP_MAGIC = b"\x1f\x8b"
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_CHUNK = 64 << 10


def members(stream: Reader, limits: Limits = LIMITS) -> Iterator[Member]:
    """Members in the order of the tarball, plain or gzip (told by content, not by name).

    The state may come first or last: act on it when the iterator has ended, for only then is the
    tarball known to be whole. An object that is named twice comes twice. Raises InvalidInput for
    anything but `json` once and `objects/<sha256>`, for sizes beyond `limits`, for damage.
    """
    with _readable():
        plain = _Metered(_decompressed(stream))
        plain.allow(limits.max_gap)
        with tarfile.open(fileobj=cast("IO[bytes]", plain), mode="r|") as archive:
            yield from _checked(archive, plain, limits)
        while plain.read(_CHUNK):  # padding; and gzip compares its checksum at the end
            pass


def _checked(archive: tarfile.TarFile, plain: "_Metered", limits: Limits) -> Iterator[Member]:
    states = count = 0
    while (entry := archive.next()) is not None:
        count += 1
        if count > limits.max_members:
            raise InvalidInput(f"The tarball has more than {limits.max_members} members")
        _check(entry, limits)
        # tarfile would remember every header of an endless archive
        archive.members.clear()  # type: ignore[attr-defined]
        plain.allow(entry.size + limits.max_gap)
        body = _Body(cast("Reader", archive.extractfile(entry)))
        if entry.name == "json":
            states += 1
            yield StateText(_only_once(states, body.read(entry.size)))
        elif not entry.isdir():
            yield BundleObject(entry.name.removeprefix("objects/"), entry.size, body)
        plain.allow(entry.size - body.taken + limits.max_gap)
    if not states:
        raise InvalidInput("The tarball has no 'json': it is no export of a state")


def _only_once(states: int, text: bytes) -> bytes:
    if states > 1:
        raise InvalidInput("The tarball has more than one 'json'")
    return text


def _check(entry: tarfile.TarInfo, limits: Limits) -> None:
    if entry.isdir() and entry.name == "objects":
        return  # plain `tar` writes it, and it holds no bytes
    named = _OBJECT.match(entry.name)
    if entry.type not in _PLAIN or entry.issparse() or not (named or entry.name == "json"):
        raise InvalidInput(
            f"The tarball has a member {entry.name[:100]!r}; "
            "only the files 'json' and 'objects/<sha256>' belong into an export"
        )
    largest = limits.max_object if named else limits.max_state
    if not 0 <= entry.size <= largest:
        raise InvalidInput(
            f"Member {entry.name[:100]!r} of the tarball claims {entry.size} bytes; "
            f"at most {largest} are taken"
        )


class _Body:
    """The bytes of one member."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        with _readable():
            chunk = self._reader.read(size)
        self.taken += len(chunk)
        return chunk


class _Metered:
    """Hands out no more bytes than were allowed: tarfile holds the body of an extension header (a
    long name, PAX records, a sparse map) in memory whole, whatever size the header claims."""

    def __init__(self, stream: Reader) -> None:
        self._stream = stream
        self._left = 0

    def allow(self, size: int) -> None:
        self._left = size + tarfile.RECORDSIZE  # tarfile reads ahead by up to one record

    def read(self, size: int, /) -> bytes:
        chunk = self._stream.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise InvalidInput("The tarball has too much between, or behind, its members")
        return chunk


class _Replayed:
    """A stream whose first bytes were looked at already."""

    def __init__(self, head: bytes, rest: Reader) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        taken, self._head = self._head[:size], self._head[size:]
        return taken or self._rest.read(size)


def _decompressed(stream: Reader) -> Reader:
    head = b""
    while len(head) < len(_GZIP_MAGIC) and (more := stream.read(len(_GZIP_MAGIC) - len(head))):
        head += more
    whole = _Replayed(head, stream)
    if head != _GZIP_MAGIC:
        return whole
    # tarfile's own gzip stream does not look at the checksum in the trailer; this one does.
    return gzip.GzipFile(fileobj=cast("IO[bytes]", whole))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise InvalidInput(f"The tarball cannot be read to its end ({error})") from error
