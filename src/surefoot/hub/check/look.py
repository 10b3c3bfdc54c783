"""Looks through everything and changes nothing, also beside a Hub that serves.

What seems wrong is looked at once more where nothing can change meanwhile: a Hub writes the row of
an object, and removes its blob, within a transaction (`objects/collect.py`).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from surefoot.hub.blobs.protocol import Blobs
from surefoot.hub.check import store
from surefoot.hub.check.findings import Finding, Kind
from surefoot.hub.db.protocol import Database


@dataclass
class Report:
    """`size`: of all objects, in bytes."""

    objects: int = 0
    size: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def problems(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_problem]


async def look(database: Database, blobs: Blobs, *, reads_all: bool = True) -> Report:
    """`reads_all`: hashes every object, which takes most of the time."""
    found = Report()
    found.findings += [Finding(Kind.DATABASE, detail=line) for line in await database.check()]
    if found.findings:
        return found  # what a damaged database says of objects is worth nothing
    kept = dict(await blobs.all())
    found.objects, found.size = len(kept), sum(kept.values())
    if reads_all:
        found.findings += [finding async for finding in _wrong_bytes(blobs, kept)]
    found.findings += [finding async for finding in _wrong_rows(database, blobs, kept)]
    found.findings += [finding async for finding in _wrong_steps(database, blobs)]
    wrong = await store.wrong_sums(database)
    found.findings += [Finding(Kind.WRONG_SUM, owner=owner) for owner in wrong]
    found.findings += [finding async for finding in _unnamed(database, kept)]
    return found


async def _wrong_bytes(blobs: Blobs, kept: dict[str, int]) -> AsyncIterator[Finding]:
    for sha in kept:
        if not await blobs.verify(sha) and await blobs.has(sha):
            yield Finding(Kind.WRONG_BYTES, sha)


async def _wrong_rows(
    database: Database, blobs: Blobs, kept: dict[str, int]
) -> AsyncIterator[Finding]:
    async for row in store.held(database):
        if kept.get(row.sha) != row.size and (finding := await _wrong_row(database, blobs, row)):
            yield finding


async def _wrong_row(database: Database, blobs: Blobs, row: store.Held) -> Finding | None:
    async with database.transaction() as tx:
        size = await store.size_of(tx, row.owner, row.sha)
        if size is None:
            return None
        if not await blobs.has(row.sha):
            return Finding(Kind.NO_BYTES, row.sha, row.owner)
        is_right = size == await blobs.size(row.sha)
        return None if is_right else Finding(Kind.WRONG_SIZE, row.sha, row.owner)


async def _wrong_steps(database: Database, blobs: Blobs) -> AsyncIterator[Finding]:
    async for row in store.lost(database):
        kind = Kind.NO_OBJECT if await blobs.has(row.sha) else Kind.NOT_KEPT
        yield Finding(kind, row.sha, row.owner, f"{row.trail}/{row.rev}")


async def _unnamed(database: Database, kept: dict[str, int]) -> AsyncIterator[Finding]:
    for sha in kept:
        if not await store.is_named(database, sha):
            yield Finding(Kind.UNNAMED, sha)
