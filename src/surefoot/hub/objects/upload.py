"""`PUT` of a signed URL: bytes that come in, hashed on their way, kept only when they are right.

A device waits two seconds for the answer (hub-wire 0.6): nothing is left to do for it at the end
but to make the bytes durable.
"""

import asyncio
import time
from collections.abc import AsyncIterator

from aiohttp import web

from surefoot.errors import Busy, Corrupt, Forbidden, NotFound
from surefoot.hub.blobs.protocol import Upload
from surefoot.hub.db.errors import Orphan
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.problems import Malformed, TooMany
from surefoot.hub.objects import signing, store
from surefoot.hub.objects.pace import LEAST_PER_S, Pace
from surefoot.hub.objects.room import require_room
from surefoot.hub.objects.steady import to_the_end
from surefoot.hub.objects.store import Stored

PATIENCE_S = 60.0
# What one upload holds in memory, and hands to the disk in one go.
PIECE = 512 * 1024
# The same, when they come one by one: each costs more than its bytes.
CRUMBS = 256
# When one of an account's uploads may have ended.
TURN_S = 5


async def upload(call: Call) -> web.StreamResponse:
    """200 with an empty body. Raises Forbidden for a ticket that is not good for this, Malformed
    (400) for other bytes than were announced, TooLarge, TooMany, NoRoom, Busy."""
    stored = await _announced(call)
    limits, uploads = call.hub.limits, call.hub.uploads
    if uploads.count(stored.owner) >= limits.account_uploads:
        raise TooMany("Too much is sent for this account at once; wait for the rest", TURN_S)
    with uploads.one(stored.owner, 0 if stored.present else stored.size) as coming:
        if not stored.present:
            await require_room(call.hub.database, stored.owner, coming, limits.account_bytes)
        await _receive(call, stored)
        await _prove(call, stored)
    return web.Response(status=200)


async def _announced(call: Call) -> Stored:
    signer = await signing.signer(call.hub)
    ticket = signer.read(call.part("token"), int(time.time()))
    if ticket.method != signing.PUT:
        raise Forbidden("This URL is for fetching the object, not for sending it")
    stored = await store.get(call.hub.database, ticket.owner, ticket.sha)
    if stored is None:
        raise NotFound(f"Object {ticket.sha} is not announced any more; announce it again")
    return stored


async def _receive(call: Call, stored: Stored) -> None:
    """Its bytes are in the blobs. Raises Malformed: then nothing of them is kept."""
    _require(call.request.content_length in (None, stored.size), stored)
    coming = await call.hub.blobs.receive(stored.sha)
    try:
        async for piece in _pieces(call.request):
            _require(coming.received + len(piece) <= stored.size, stored)
            await to_the_end(coming.write(piece))
        _require(coming.received == stored.size, stored)
        await to_the_end(_commit(coming))
    finally:
        await coming.drop()


async def _commit(coming: Upload) -> None:
    try:
        await coming.commit()
    except Corrupt as error:
        raise Malformed(str(error)) from error


async def _prove(call: Call, stored: Stored) -> None:
    """Within one transaction with the look whether the blob is there: `collect.py` says why."""
    try:
        async with call.hub.database.transaction() as tx:
            if not await call.hub.blobs.has(stored.sha):
                raise Busy(f"Object {stored.sha} was cleared away; send it again", retry_after_s=1)
            await store.prove(tx, stored)
    except Orphan as error:
        raise NotFound("The account that announced this object is gone") from error


async def _pieces(request: web.Request) -> AsyncIterator[bytes]:
    """The body, joined to pieces that are worth a thread. Raises Malformed for one that is cut,
    stands still, or hardly moves."""
    gathered: list[bytes] = []
    size, pace = 0, Pace(time.monotonic())
    while chunk := await _chunk(request):
        if not pace.is_enough(len(chunk), time.monotonic()):
            raise Malformed(f"Less than {LEAST_PER_S} bytes came a second; send it again")
        gathered.append(chunk)
        size += len(chunk)
        if size >= PIECE or len(gathered) >= CRUMBS:
            yield b"".join(gathered)
            gathered.clear()
            size = 0
    if gathered:
        yield b"".join(gathered)


async def _chunk(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await request.content.readany()
    except TimeoutError as error:
        raise Malformed(f"Nothing came for {PATIENCE_S:.0f} s; send it again") from error
    except (OSError, web.RequestPayloadError) as error:
        raise Malformed("The upload was cut; send it again") from error


def _require(holds: bool, stored: Stored) -> None:
    if not holds:
        raise Malformed(f"Object {stored.sha} was announced with {stored.size} bytes; send these")
