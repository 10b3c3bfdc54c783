"""One trail: the files of one revision as its containers find them.

Objects stand there as hard links to the pool, inline JSONs as files of their canonical text
(device.md 9). Everything here may be done again, and a half-installed trail is completed by that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from surefoot.errors import Corrupt, NotFound
from surefoot.files import durable
from surefoot.files.objects import ObjectStore, contents, digest
from surefoot.revision import State, StateError, canonical, read_json
from surefoot.revision.names import owner

STATE = ".pvr/json"
CONFIG = ".pvr/config"
PROGRESS = ".pv/progress"
DONE = ".pv/done"
MESSAGE = ".pv/commitmsg"
TOLD = ".pv/told"


@dataclass(frozen=True)
class Problem:
    """A file of a trail that is not what the state says. `container`: whose it is, None for
    nobody's. `what`: the end of a sentence that begins with the path."""

    path: str
    container: str | None
    what: str


def install(
    trail: Path, objects: ObjectStore, state: State, checked: frozenset[str] = frozenset()
) -> None:
    """Every file of the state is in the trail; each object was hashed before it was linked, unless
    it is `checked` already.

    Raises NotFound or Corrupt, naming object and path; NoRoom. Twice: each is looked at again.
    """
    with durable.together():
        _make_places(trail, state)
        for sha, paths in _paths_by_object(state).items():
            if sha not in checked or not objects.has(sha):
                _check(objects, sha, paths[0])
            for path in paths:
                durable.link(objects.path(sha), trail / path)
        for path, text in state.inline_text.items():
            _put(trail / path, text.encode())


def relink(trail: Path, objects: ObjectStore, state: State, sha: str) -> None:
    """The trail uses the file that is now in the pool as object `sha`, wherever it names it."""
    with durable.together():
        for path in _paths_by_object(state).get(sha, []):
            durable.make_dirs((trail / path).parent)
            durable.link(objects.path(sha), trail / path)


def verify(trail: Path, state: State) -> list[Problem]:
    """What is wrong with the files that the containers really use: the trail's own links are
    hashed, not the pool, and inline JSONs are compared by value (device.md 8)."""
    known: dict[tuple[int, int], str] = {}
    faults = (
        *((path, _object_fault(trail / path, sha, known)) for path, sha in state.objects.items()),
        *((path, _inline_fault(trail / path, text)) for path, text in state.inline_text.items()),
    )
    return [Problem(path, _container(state, path), what) for path, what in faults if what]


def copy(source: Path, target: Path, state: State) -> None:
    """`target` has the state and the files of `source`, as links. Raises NotFound for a file that
    `source` lacks."""
    with durable.together():
        for path in (STATE, *state.objects, *state.inline):
            durable.make_dirs((target / path).parent)
            try:
                durable.link(source / path, target / path)
            except FileNotFoundError as error:
                raise NotFound(f"{source / path} is not there") from error


def _make_places(trail: Path, state: State) -> None:
    paths = (*state.objects, *state.inline)
    below = {parent for path in paths for parent in PurePath(path).parents}
    for directory in sorted(trail / parent for parent in below):
        durable.make_dirs(directory)
        durable.sync_dir(directory)  # what is there already may be left from before a crash
        for place in _leftovers(directory):
            durable.remove(place)


def _leftovers(directory: Path) -> Iterator[Path]:
    """They must not stay: `_config` directories are layers of a container's root. No path of a
    state ends like this."""
    for place in sorted(directory.glob(f"*{durable.TEMPORARY}")):
        if place.is_file() or place.is_symlink():
            yield place


def _paths_by_object(state: State) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, sha in state.objects.items():
        found.setdefault(sha, []).append(path)
    return found


def _check(objects: ObjectStore, sha: str, path: str) -> None:
    try:
        right = digest(objects.path(sha)) == sha
    except NotFound as error:
        raise NotFound(f"Object {sha} of {path} is not here; send it, then try again") from error
    if not right:
        raise Corrupt(f"Object {sha} of {path} has other bytes than its name says; send it again")


def _put(place: Path, data: bytes) -> None:
    """Leaves a file alone that has these bytes already: a running container may have it open."""
    try:
        same = contents(place) == data
    except (NotFound, Corrupt):
        same = False
    if same:
        durable.sync_dir(place.parent)
    else:
        durable.write(place, data)


def _object_fault(place: Path, sha: str, known: dict[tuple[int, int], str]) -> str:
    try:
        found = place.lstat()
        key = found.st_dev, found.st_ino
        if key not in known:
            known[key] = digest(place)
    except (FileNotFoundError, NotADirectoryError, NotFound):
        return "is missing"
    except Corrupt as error:
        return f"is damaged ({error})"
    return "" if known[key] == sha else f"has other bytes than its object {sha}"


def _inline_fault(place: Path, text: str) -> str:
    try:
        value = read_json(contents(place))
    except NotFound:
        return "is missing"
    except (Corrupt, StateError) as error:
        return f"is damaged ({error})"
    return "" if canonical(value) == text else "has another value than the state"


def _container(state: State, path: str) -> str | None:
    name = owner(path)
    return name if name is not None and state.container(name) else None
