"""Mends what can be mended, each finding in a transaction of its own. Twice is harmless.

Only for who holds the data directory: beside a Hub, an upload under way would look like a finding.
"""

from collections.abc import Awaitable, Callable, Iterable

from surefoot.errors import NotFound
from surefoot.hub.blobs.protocol import Blobs
from surefoot.hub.check import store
from surefoot.hub.check.findings import Finding, Kind
from surefoot.hub.db.protocol import Database, Tx

Remedy = Callable[[Tx, Blobs, Finding], Awaitable[None]]


async def repair(database: Database, blobs: Blobs, findings: Iterable[Finding]) -> list[Finding]:
    """Those that were mended, in their order."""
    mended = []
    for finding in findings:
        remedy = REMEDIES.get(finding.kind)
        if remedy is not None:
            async with database.transaction() as tx:
                await remedy(tx, blobs, finding)
            mended.append(finding)
    if mended:
        async with database.transaction() as tx:
            await store.add_up(tx)
    return mended


async def _remove_wrong(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    await store.withdraw(tx, finding.sha)
    await blobs.remove(finding.sha)


async def _withdraw(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    if not await blobs.has(finding.sha):
        await store.withdraw(tx, finding.sha)


async def _note_size(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    try:
        size = await blobs.size(finding.sha)
    except NotFound:
        return  # its bytes were the wrong ones, and are gone since
    await store.note_size(tx, finding.owner, finding.sha, size)


async def _give_back(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    try:
        size = await blobs.size(finding.sha)
    except NotFound:
        return
    await store.give(tx, finding.owner, finding.sha, size)


async def _add_up(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    """Done once, at the end: other remedies change what is added up."""


async def _remove_unnamed(tx: Tx, blobs: Blobs, finding: Finding) -> None:
    if not await store.is_named(tx, finding.sha):
        await blobs.remove(finding.sha)


REMEDIES: dict[Kind, Remedy] = {
    Kind.WRONG_BYTES: _remove_wrong,
    Kind.NO_BYTES: _withdraw,
    Kind.WRONG_SIZE: _note_size,
    Kind.NO_OBJECT: _give_back,
    Kind.WRONG_SUM: _add_up,
    Kind.UNNAMED: _remove_unnamed,
}
