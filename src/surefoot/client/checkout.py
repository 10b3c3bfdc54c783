"""What a person gives to a device: a checkout directory, a state JSON beside its objects, or an
export tarball; all three are a *source* of one state and of the bytes of its objects.

Nothing is unpacked and nothing is written. Sources: pvr.md 1.2 (how a tree becomes a state), 2.1
(tarballs), R24.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.client.tree import read_tree
from surefoot.errors import InvalidInput, NotFound
from surefoot.files.objects import contents
from surefoot.revision import LIMITS, State, StateError, parse
from surefoot.wire.bundle import BundleObject, Reader, StateText, members

_HEAD_BYTES = 512
_GZIP = b"\x1f\x8b"
_USTAR = slice(257, 262)


@dataclass(frozen=True)
class OpenObject:
    """`size` bytes behind `stream`, which is closed when the next one is asked for."""

    sha: str
    size: int
    stream: Reader


Opener = Callable[[Collection[str]], Iterator[OpenObject]]


@dataclass(frozen=True)
class Source:
    """`sizes`: of each object that is here, in bytes. `notes`: what a person may have forgotten."""

    place: Path
    state: State
    sizes: Mapping[str, int]
    notes: tuple[str, ...] = ()
    _open: Opener = field(default=lambda _: iter(()), repr=False)

    @property
    def text(self) -> str:
        return self.state.text

    def objects(self, wanted: Collection[str]) -> Iterator[OpenObject]:
        """The wanted ones that are here, each once, in the order in which they are read best.

        Their names are claims: who keeps the bytes hashes them. Raises what reading raises.
        """
        return self._open(wanted)

    def missing(self, there: Mapping[str, int]) -> tuple[str, ...]:
        """Objects that the state names and that `there` (by name, with sizes) lacks.

        One of another size than ours counts as lacking: it cannot be right (R12).
        """
        names = sorted(set(self.state.objects.values()))
        return tuple(sha for sha in names if not self._same(sha, there))

    def require(self, wanted: Collection[str], elsewhere: str) -> None:
        """Raises NotFound, naming a path, when one of `wanted` is not here either."""
        for path, sha in self.state.objects.items():
            if sha in wanted and sha not in self.sizes:
                raise NotFound(
                    f"{path} needs object {sha}, which is not in {self.place}{elsewhere}"
                )

    def _same(self, sha: str, there: Mapping[str, int]) -> bool:
        return sha in there and self.sizes.get(sha, there[sha]) == there[sha]


def open_source(path: Path) -> Source:
    """Reads and checks the state; of a tree, hashes every file.

    Raises NotFound, InvalidInput (naming the file and what is wrong with it), Corrupt.
    """
    if path.is_dir():
        return _unpacked(path) or _checkout(path)
    if not path.exists():
        raise NotFound(f"{path} is not there")
    return _tarball(path) if _is_tarball(path) else _state_file(path)


def _parsed(place: Path, text: bytes | str) -> State:
    try:
        return parse(text)
    except StateError as error:
        raise InvalidInput(f"{place} holds no good state: {error}") from error


# --- a tree of plain files ----------------------------------------------------------------------


def _checkout(root: Path) -> Source:
    tree = read_tree(root)
    state = _parsed(root, tree.text)
    files = {sha: root / path for path, sha in state.objects.items()}
    sizes = {sha: file.stat().st_size for sha, file in files.items()}
    return Source(root, state, sizes, tree.notes, lambda wanted: _opened(files, wanted))


def _opened(files: Mapping[str, Path], wanted: Collection[str]) -> Iterator[OpenObject]:
    for sha in (sha for sha in files if sha in wanted):
        try:
            file = files[sha].open("rb", buffering=0)
        except OSError as error:
            raise NotFound(f"{files[sha]} cannot be read: {error.strerror}") from error
        with file:
            yield OpenObject(sha, os.fstat(file.fileno()).st_size, file)


# --- a state JSON beside its objects ------------------------------------------------------------


def _unpacked(root: Path) -> Source | None:
    """An export tarball that somebody unpacked; None when the directory is none."""
    state, objects = root / "json", root / "objects"
    return _state_file(state) if state.is_file() and objects.is_dir() else None


def _state_file(path: Path) -> Source:
    if path.stat().st_size > LIMITS.max_bytes:
        raise InvalidInput(f"{path} is neither a state JSON nor an export tarball: it is too large")
    state = _parsed(path, contents(path.resolve()))
    pool = path.parent / "objects"
    files = {sha: pool / sha for sha in state.objects.values() if (pool / sha).is_file()}
    sizes = {sha: file.stat().st_size for sha, file in files.items()}
    return Source(path, state, sizes, (), lambda wanted: _opened(files, wanted))


# --- an export tarball --------------------------------------------------------------------------


def _is_tarball(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from error
    return head.startswith(_GZIP) or head[_USTAR] == b"ustar"


def _tarball(path: Path) -> Source:
    """Read to its end before anything is sent: half a tarball must not become half an install."""
    text = b""
    sizes: dict[str, int] = {}
    try:
        with path.open("rb") as file:
            for member in members(file):
                if isinstance(member, StateText):
                    text = member.text
                else:
                    sizes[member.sha] = member.size
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error
    return Source(path, _parsed(path, text), sizes, (), lambda wanted: _unpacking(path, wanted))


def _unpacking(path: Path, wanted: Collection[str]) -> Iterator[OpenObject]:
    given: set[str] = set()
    with path.open("rb") as file:
        for member in members(file):
            if (
                isinstance(member, BundleObject)
                and member.sha in wanted
                and member.sha not in given
            ):
                given.add(member.sha)
                yield OpenObject(member.sha, member.size, member.reader)
