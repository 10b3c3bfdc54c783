"""Removes what no step names any more: rows first, then the blobs that no row names.

Safe beside uploads, announcements and posts, in this process or another:
- A post looks for its objects and names them in one write transaction, and a row is removed in one:
  one of the two comes first, and the other sees it.
- An upload stores its blob first. Then, in one write transaction, it looks whether the blob is
  there and writes the row. A blob is removed within a write transaction too, after the look that no
  row names it: so there is never a row without its blob; the upload that loses is told to send
  again.
- What was announced or came in within the grace is left alone, so that hardly one ever loses.
Blobs are only removed here. What interrupted uploads leave behind has no name as a blob: the holder
of the data directory removes it at its start, when nobody receives yet (`Blobs.recover`).
"""

import asyncio

from surefoot.errors import NotFound
from surefoot.hub.frame.call import now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.objects import store
from surefoot.hub.objects.steady import to_the_end

# A post of many objects over a slow line takes days; none of its first ones may be gone at its end.
GRACE_S = 7 * 24 * 3600
ROWS_AT_ONCE = 200


async def collect(hub: Hub, grace_s: float = GRACE_S) -> int:
    """How many rows and blobs were removed. Announcements that nobody followed up go as well."""
    return await _rows(hub, grace_s) + await _blobs(hub, grace_s)


async def _rows(hub: Hub, grace_s: float) -> int:
    before = now() - int(grace_s * 1_000_000)
    removed, after = 0, ("", "")
    while True:
        last, old = await store.page(hub.database, after, before, ROWS_AT_ONCE)
        if old:
            async with hub.database.transaction() as tx:
                removed += sum([await store.drop_old(tx, key, before) for key in old])
        if last is None:
            return removed
        after = last
        await asyncio.sleep(0)


async def _blobs(hub: Hub, grace_s: float) -> int:
    shas = [sha for sha, _ in await hub.blobs.all()]
    removed = 0
    for start in range(0, len(shas), ROWS_AT_ONCE):
        for sha in await store.ownerless(hub.database, shas[start : start + ROWS_AT_ONCE]):
            removed += await _blob(hub, sha, grace_s)
        await asyncio.sleep(0)
    return removed


async def _blob(hub: Hub, sha: str, grace_s: float) -> int:
    async with hub.database.transaction() as tx:
        if not await store.ownerless(tx, [sha]) or not await _is_old(hub, sha, grace_s):
            return 0
        await to_the_end(hub.blobs.remove(sha))
    return 1


async def _is_old(hub: Hub, sha: str, grace_s: float) -> bool:
    try:
        return await hub.blobs.age_s(sha) >= grace_s
    except NotFound:
        return False
