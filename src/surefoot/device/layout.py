"""Where everything lies in a storage: device.md 9, and below `.surefoot/` what is ours alone."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from surefoot.device import trail as one_trail
from surefoot.errors import InvalidInput
from surefoot.files import durable
from surefoot.files.trees import NEXT
from surefoot.revision import LOCALS, check_revision_name, is_local, number

FACTORY = "0"
_SLASH = "%2F"


class Layout:
    """Places, and the revisions that have one. Changes nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pool = root / "objects"
        self.trails = root / "trails"
        self.boot = root / "boot"
        self.config = root / "config"
        self.device_meta = root / "cache" / "devmeta"
        self.user_meta = root / "cache" / "meta"
        self.disks = root / "disks"
        self.logs = root / "logs"
        self.own = root / ".surefoot"
        self.lock = self.own / "lock"
        self.journal = self.own / "journal.json"
        self.mode = self.own / "mode"
        self.changes = self.own / "changes"
        self.settled = self.own / "settled"
        self.seen = self.own / "seen"
        self.partial = self.own / "partial"

    def directories(self) -> tuple[Path, ...]:
        """What must be there before anything is stored."""
        caches = self.device_meta, self.user_meta
        places = self.trails, self.boot, self.config, *caches, self.disks, self.logs
        return (self.own, self.changes, self.partial, self.pool, *places)

    def trail(self, revision: str) -> Path:
        """Raises InvalidInput for what is no name of a revision."""
        return self.trails / _checked(revision)

    def revision_logs(self, revision: str) -> Path:
        """`logs/<rev>`; below it one directory a container."""
        return self.logs / _checked(revision)

    def revision_disks(self, revision: str) -> Path:
        """What containers wrote to storage of persistence `revision`."""
        return self.disks / "rev" / _checked(revision).replace("/", _SLASH)

    def revisions(self) -> list[str]:
        """Those with a state: by number, then local ones by name."""
        return [name for name in self.all_trails() if self.has_state(name)]

    def all_trails(self) -> list[str]:
        """As `revisions`, with those that have lost their state."""
        return _below(self.trails)

    def has_state(self, revision: str) -> bool:
        return (self.trail(revision) / one_trail.STATE).is_file()

    def logged(self) -> list[str]:
        """Revisions that have logs, whether or not they have a trail."""
        return _below(self.logs)

    def with_disks(self) -> list[str]:
        """Revisions that have disks of their own, whether or not they have a trail."""
        return _in_order(_names(self.disks / "rev", lambda name: name.replace(_SLASH, "/")))


def _checked(revision: str) -> str:
    if check_revision_name(revision).endswith((durable.TEMPORARY, NEXT)):
        raise InvalidInput(f"{revision} ends like a leftover; choose another name")
    return revision


def _below(directory: Path) -> list[str]:
    locals_ = _names(directory / "locals", lambda name: LOCALS + name)
    return _in_order([*_names(directory, str), *locals_])


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (is_local(name), number(name), name))


def _names(directory: Path, revision_of: Callable[[str], str]) -> Iterator[str]:
    """Revisions by the directories in a directory; what is none of ours is left alone."""
    for place in directory.iterdir() if directory.is_dir() else ():
        try:
            name = _checked(revision_of(place.name))
        except InvalidInput:
            continue
        if place.is_dir() and not place.is_symlink():
            yield name
