"""What a boot loader needs to know of the revisions in a storage (device.md 9), and no more.

The agent's own view of the storage is in `device/`; the loop must not depend on it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from surefoot.files.durable import TEMPORARY
from surefoot.files.trees import NEXT

_LOCALS: Final = "locals"


def has_trail(storage: Path, rev: str) -> bool:
    return any(place.is_dir() for place in _places(storage, rev))


def has_state(storage: Path, rev: str) -> bool:
    """There is something to boot: a trail with a state JSON."""
    return any((place / ".pvr" / "json").is_file() for place in _places(storage, rev))


def newest_done(storage: Path) -> str | None:
    """The revision that was marked done last, None when none is.

    By the mark's time stamp, since `7` and `locals/x` have no other order; by number where that
    does not tell.
    """
    marks = sorted(_done_marks(storage))
    return marks[-1][-1] if marks else None


def _done_marks(storage: Path) -> Iterator[tuple[int, int, str]]:
    for rev in _revisions(storage):
        try:
            stamp_ns = (storage / "trails" / rev / ".pv" / "done").stat().st_mtime_ns
        except OSError:
            continue
        yield stamp_ns, int(rev) if rev.isdecimal() else -1, rev


def _revisions(storage: Path) -> Iterator[str]:
    trails = storage / "trails"
    for found in (*trails.glob("*"), *trails.glob(f"{_LOCALS}/*")):
        rev = found.relative_to(trails).as_posix()
        if not rev.endswith((TEMPORARY, NEXT)) and has_trail(storage, rev):
            yield rev


def _places(storage: Path, rev: str) -> tuple[Path, ...]:
    """Where the trail of `rev` may lie; nowhere for a name that is no revision's, such as one that
    leads out of `trails/`.

    The second place is of a trail whose replacement was cut between two renames (files/trees.py):
    the agent puts it right at its start.
    """
    segments = rev.split("/")
    expected = 2 if segments[0] == _LOCALS else 1
    if len(segments) != expected or any(segment in ("", ".", "..") for segment in segments):
        return ()
    trail = storage / "trails" / rev
    return trail, trail.with_name(trail.name + NEXT)
