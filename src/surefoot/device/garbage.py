"""What of a storage may go: facts in, plan out. Pure; `gc.py` reads the facts and carries it out.

R21 is `plan`; device.md 9 says what goes with a revision.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from surefoot.device.layout import FACTORY

# --- what is known -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trail:
    """`stored_ns` orders the old before the new; `size`: bytes that go with the trail itself.
    `names`: objects that its state names. `links`: of each object in the pool, how many files of
    the trail are links to it. `waiting`: a local step that was not run yet, or one of the Hub that
    has not ended."""

    revision: str
    stored_ns: int
    size: int
    names: frozenset[str]
    links: Mapping[str, int]
    waiting: bool


@dataclass(frozen=True)
class PoolObject:
    """`links`: how many names its file has, the one in the pool included."""

    sha: str
    size: int
    links: int
    stored_ns: int


@dataclass(frozen=True)
class Facts:
    """`logs`, `disks`: bytes by revision, also of revisions that have no trail any more."""

    trails: tuple[Trail, ...] = ()
    objects: tuple[PoolObject, ...] = ()
    logs: Mapping[str, int] = field(default_factory=dict)
    disks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Keep:
    """What must stay, whatever the room.

    `revisions`: running, `pv_rev`, `pv_try`, being installed or queued, staged. `factory`:
    PV_STORAGE_GC_KEEP_FACTORY. `stored_this_boot`: steps stored during this boot. `objects`:
    received less than PV_STORAGE_GC_THRESHOLD_DEFERTIME ago by the monotonic clock, or on their
    way in. `unnamed`: true until the device has been up for that time, since nobody knows how old
    the objects of an earlier boot are (R23).
    """

    revisions: frozenset[str]
    factory: bool = False
    stored_this_boot: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()
    unnamed: bool = False

    def covers(self, trail: Trail) -> bool:
        return self.covers_revision(trail.revision) or (
            trail.waiting and trail.revision in self.stored_this_boot
        )

    def covers_revision(self, revision: str) -> bool:
        return revision in self.revisions or (self.factory and revision == FACTORY)


# --- what shall go -------------------------------------------------------------------------------


class Kind(StrEnum):
    TRAIL = "trail"
    LOGS = "logs"
    DISKS = "disks"
    OBJECT = "object"


@dataclass(frozen=True)
class Removal:
    """`name`: of the revision or the object. `size`: bytes that this frees."""

    kind: Kind
    name: str
    size: int


@dataclass(frozen=True)
class Plan:
    """In this order; after any of them the storage is whole: objects go after the last trail that
    names them."""

    removals: tuple[Removal, ...]

    @property
    def size(self) -> int:
        return sum(removal.size for removal in self.removals)


def plan(facts: Facts, keep: Keep, room: int = 0) -> Plan:
    """What goes by R21. Pure.

    Always: revisions that nothing keeps, with their logs and disks, and the objects that only they
    named. For `room` bytes only, and oldest first until these are found: local steps not run yet
    and objects that no step names.
    """
    sweep = _Sweep(facts, keep)
    for trail in facts.trails:
        if not trail.waiting and not keep.covers(trail):
            sweep.take_trail(trail)
    sweep.take_remains()
    for candidate in sorted(sweep.candidates(), key=lambda one: one.stored_ns):
        if sweep.size >= room:
            break
        if isinstance(candidate, Trail):
            sweep.take_trail(candidate)
        else:
            sweep.take_object(candidate)
    return Plan((*sweep.revisions, *sweep.objects))


class _Sweep:
    """A plan in the making."""

    def __init__(self, facts: Facts, keep: Keep) -> None:
        self.revisions: list[Removal] = []
        self.objects: list[Removal] = []
        self.size = 0
        self._facts = facts
        self._keep = keep
        self._pool = {one.sha: one for one in facts.objects}
        self._links = {one.sha: one.links for one in facts.objects}
        self._named = Counter(sha for trail in facts.trails for sha in trail.names)
        there = {trail.revision for trail in facts.trails}
        self._gone = {*facts.logs, *facts.disks} - there

    def take_trail(self, trail: Trail) -> None:
        self._take(self.revisions, Kind.TRAIL, trail.revision, trail.size)
        self._take_output(trail.revision)
        self._named.subtract(trail.names)
        for sha, count in trail.links.items():
            self._links[sha] -= count
        for sha in sorted(trail.names | trail.links.keys()):
            if sha in self._pool and self._is_free(sha):
                self.take_object(self._pool[sha])

    def take_remains(self) -> None:
        """Logs and disks of revisions whose trail went before, perhaps just before a power cut."""
        for revision in sorted(self._gone):
            if not self._keep.covers_revision(revision):
                self._take_output(revision)

    def take_object(self, one: PoolObject) -> None:
        self._take(self.objects, Kind.OBJECT, one.sha, one.size)

    def candidates(self) -> Iterator[Trail | PoolObject]:
        for trail in self._facts.trails:
            if trail.waiting and not self._keep.covers(trail):
                yield trail
        taken = {removal.name for removal in self.objects}
        for one in self._facts.objects:
            if one.sha not in taken and not self._keep.unnamed and self._is_free(one.sha):
                yield one

    def _is_free(self, sha: str) -> bool:
        used = self._named[sha] > 0 or self._links[sha] > 1
        return not used and sha not in self._keep.objects

    def _take_output(self, revision: str) -> None:
        for kind, sizes in ((Kind.LOGS, self._facts.logs), (Kind.DISKS, self._facts.disks)):
            if revision in sizes:
                self._take(self.revisions, kind, revision, sizes[revision])

    def _take(self, into: list[Removal], kind: Kind, name: str, size: int) -> None:
        into.append(Removal(kind, name, size))
        self.size += size
