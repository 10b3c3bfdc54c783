"""One visit of the doctor to a data directory."""

from contextlib import ExitStack
from dataclasses import dataclass, field

from surefoot.errors import Corrupt
from surefoot.hub.blobs.directory import DirectoryBlobs
from surefoot.hub.check.findings import Finding, Kind
from surefoot.hub.check.look import Report, look
from surefoot.hub.check.repair import repair
from surefoot.hub.holding import database, held
from surefoot.hub.settings import Layout


@dataclass(frozen=True)
class Visit:
    """`seen`: what was found at first. `left`: what is still so after the repair."""

    seen: Report
    mended: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)


async def examine(layout: Layout, *, mends: bool = False, reads_all: bool = True) -> Visit:
    """Raises Busy when it shall mend and a Hub runs."""
    with ExitStack() as stack:
        if mends:
            stack.enter_context(held(layout))
        try:
            return await _visit(layout, mends, reads_all)
        except Corrupt as error:
            return Visit(damaged := _unreadable(error), left=damaged.findings)


async def _visit(layout: Layout, mends: bool, reads_all: bool) -> Visit:
    blobs = DirectoryBlobs(layout.blobs)
    async with database(layout) as opened:
        if mends:
            blobs.recover()
        seen = await look(opened, blobs, reads_all=reads_all)
        if not mends:
            return Visit(seen, left=seen.findings)
        mended = await repair(opened, blobs, seen.findings)
        again = await look(opened, blobs, reads_all=False)
        return Visit(seen, mended, again.findings)


def _unreadable(error: Corrupt) -> Report:
    cause = error.__cause__ or error
    return Report(findings=[Finding(Kind.DATABASE, detail=str(cause))])
