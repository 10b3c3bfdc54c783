"""Routes of logs (hub-wire 9)."""

from aiohttp.web import StreamResponse

from surefoot.hub.db.errors import Orphan
from surefoot.hub.devices.access import owned
from surefoot.hub.frame.call import Call, now, time_text
from surefoot.hub.frame.problems import Malformed, Unauthenticated
from surefoot.hub.frame.route import KIB, MIB, Access, Route
from surefoot.hub.logs import cursor as cursors
from surefoot.hub.logs import store
from surefoot.hub.logs.cursor import Asked, Cursor
from surefoot.hub.logs.lines import Line, lines
from surefoot.hub.logs.query import parse, values, wants_cursor
from surefoot.hub.logs.reading import place, read
from surefoot.hub.logs.store import Stored
from surefoot.wire.hub import logs as wire
from surefoot.wire.hub import prn
from surefoot.wire.hub.logs import LogEntry


async def post_logs(call: Call) -> StreamResponse:
    """A device sends many small ones and waits two seconds for each answer."""
    found = lines(await call.bytes())
    try:
        async with call.hub.database.transaction() as tx:
            await store.append(tx, call.who.id, found, now(), call.hub.limits.log_lines)
    except Orphan as error:
        raise Unauthenticated("This device was removed; register again") from error
    return call.answer(wire.ACCEPTED)


async def get_logs(call: Call) -> StreamResponse:
    refs = values(call.query, "dev")
    devices = tuple([(await owned(call, ref)).id for ref in refs])
    return await _page(call, Cursor(parse(call.query, devices)), wants_cursor(call.query))


async def get_cursor(call: Call) -> StreamResponse:
    text = call.query.get("next-cursor", "")
    if not text:
        raise Malformed("Give the next-cursor of the page before")
    return await _page(call, cursors.decode(text), True)


async def post_cursor(call: Call) -> StreamResponse:
    asked = await call.json(Asked)
    return await _page(call, cursors.decode(asked.cursor), True)


async def _page(call: Call, cursor: Cursor, goes_on: bool) -> StreamResponse:
    """The cursor that comes back is never empty, and waits where it is while there is nothing new:
    pvr insists (hub-wire 9)."""
    query = cursor.query
    found = await read(call.hub, call.who.id, query, cursor.position)
    position = place(query, found[-1]) if found else cursor.position
    behind = Cursor(cursors.onwards(query) if found else query, position)
    entries = [_entry(call, line) for line in found]
    text = cursors.encode(behind) if goes_on else ""
    return call.answer(wire.page(entries, query.start, query.page, text))


def _entry(call: Call, line: Stored) -> LogEntry:
    return LogEntry(
        id=line.id,
        device=prn.device(line.device),
        owner=prn.account(call.who.id),
        created=time_text(line.created),
        tsec=line.tsec,
        tnano=line.tnano,
        lvl=line.lvl,
        src=line.src,
        plat=line.plat,
        rev=line.rev,
        msg=line.msg,
    )


CURSOR = "/logs/cursor"
ROUTES: tuple[Route, ...] = (
    Route("POST", "/logs", post_logs, Access.DEVICE, "Send lines of logs", list[Line], 4 * MIB),
    Route("GET", "/logs", get_logs, Access.USER, "Read the logs of own devices"),
    Route("GET", CURSOR, get_cursor, Access.USER, "Read on"),
    Route("POST", CURSOR, post_cursor, Access.USER, "Read on", Asked, 64 * KIB),
)
