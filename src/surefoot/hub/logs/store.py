"""Rows of logs. Each device's lines are looked through by themselves, with an index: nobody's query
reads the lines of the whole fleet."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surefoot.hub.db.protocol import Database, Row, Tx, Value
from surefoot.hub.logs.lines import Line
from surefoot.hub.logs.query import Order, Query

AT_ONCE = 80  # lines in a statement
READ_AT_ONCE = 500
PRUNE_EVERY = 1000
FORGOTTEN_AT_ONCE = 2000
# By how much a clock that was set back may be followed by lines that keep their order.
SET_BACK = 60 * 1_000_000

_INSERT = "INSERT INTO logs (device, created, tsec, tnano, lvl, src, plat, rev, msg) VALUES "
_HEAD = "id, device, created, tsec, tnano, lvl, src, plat, rev, LENGTH(msg) AS length"
_NEWEST = "SELECT id, created FROM logs WHERE device = ? ORDER BY created DESC, id DESC LIMIT 1"
_PRUNE = """DELETE FROM logs WHERE device = ? AND (created, id) <=
    (SELECT created, id FROM logs WHERE device = ?
     ORDER BY created DESC, id DESC LIMIT 1 OFFSET ?)"""


@dataclass(frozen=True)
class Head:
    """A line without its message, which has `length` letters. `device`: an id. `created`:
    microseconds."""

    id: int
    device: str
    created: int
    tsec: int
    tnano: int
    lvl: str
    src: str
    plat: str
    rev: str
    length: int


@dataclass(frozen=True)
class Stored:
    """A whole line."""

    id: int
    device: str
    created: int
    tsec: int
    tnano: int
    lvl: str
    src: str
    plat: str
    rev: str
    msg: str


async def append(tx: Tx, device: str, lines: Sequence[Line], at: int, most: int) -> None:
    """Behind all that the device has sent, `most` of which are kept."""
    newest = await tx.one(_NEWEST, device)
    last = newest["created"] if newest else 0
    created = max(at, last) if last < at + SET_BACK else at
    for part in _parts(lines):
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(part))
        values = [value for line in part for value in _values(device, created, line)]
        await tx.run(_INSERT + marks, *values)
    await _prune(tx, device, len(lines), most)


async def owned(db: Tx, owner_id: str, wanted: Sequence[str]) -> list[str]:
    """Ids of the owner's devices; of those in `wanted` if there are any."""
    rows = await db.all("SELECT id FROM devices WHERE owner = ? ORDER BY id", owner_id)
    return [row["id"] for row in rows if not wanted or row["id"] in wanted]


async def find(
    db: Tx, device: str, query: Query, position: Sequence[Value], before: int | None
) -> list[Head]:
    """The first lines of one device behind `position` that fit, `start` and `page` together."""
    conditions, values = _conditions(query, before)
    if position:
        behind, more = _behind(query.sort, position)
        conditions, values = [*conditions, behind], [*values, *more]
    where = " AND ".join(["device = ?", *conditions])
    rows = await db.all(
        f"SELECT {_HEAD} FROM logs WHERE {where} ORDER BY {_ordering(query.sort)} LIMIT ?",  # noqa: S608
        *(device, *values, query.start + query.page),
    )
    return [Head(**{key: row[key] for key in Head.__dataclass_fields__}) for row in rows]


async def whole(db: Tx, heads: Sequence[Head]) -> list[Stored]:
    """With their messages, in the same order; without those that were removed meanwhile."""
    found: dict[int, Stored] = {}
    for start in range(0, len(heads), READ_AT_ONCE):
        ids = [head.id for head in heads[start : start + READ_AT_ONCE]]
        sql = f"SELECT * FROM logs WHERE id IN ({', '.join('?' for _ in ids)})"  # noqa: S608
        found |= {row["id"]: _stored(row) for row in await db.all(sql, *ids)}
    return [found[head.id] for head in heads if head.id in found]


async def forget(db: Database, device: str) -> int:
    """All of a device that goes; how many. A few at a time: others write meanwhile."""
    sql = "DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE device = ? LIMIT ?)"
    forgotten = 0
    while count := await db.run(sql, device, FORGOTTEN_AT_ONCE):
        forgotten += count
        await asyncio.sleep(0)
    return forgotten


# ---- within ------------------------------------------------------------------------------------


async def _prune(tx: Tx, device: str, added: int, most: int) -> None:
    """Now and then: when the numbers of the lines that were added pass a round one. So each line
    costs the same, however many are kept."""
    newest, every = await tx.one(_NEWEST, device), max(1, min(PRUNE_EVERY, most // 10))
    last = newest["id"] if newest else 0
    if last // every != (last - added) // every:
        await tx.run(_PRUNE, device, device, most)


def _conditions(query: Query, before: int | None) -> tuple[list[str], list[Value]]:
    """`before`: where to stop, if that is earlier than the query says."""
    chosen = (("rev", query.rev), ("src", _paths(query.src)), ("lvl", query.lvl))
    found: list[tuple[str, Sequence[Value]]] = [
        (f"{name} IN ({', '.join('?' for _ in values)})", values)
        for name, values in (*chosen, ("plat", query.plat))
        if values
    ]
    limits = (("created > ?", query.after), ("created < ?", query.before), ("created < ?", before))
    found += [(sql, (limit,)) for sql, limit in limits if limit is not None]
    return [sql for sql, _ in found], [value for _, values in found for value in values]


def _paths(sources: Sequence[str]) -> tuple[str, ...]:
    """pvr parts a source from a device by its first slash, which is then missing."""
    return (*sources, *(f"/{source}" for source in sources if not source.startswith("/")))


def ordering(sort: Sequence[Order]) -> list[tuple[str, bool]]:
    """(column, down) of all that lines are sorted by, the id at last: a line has one place."""
    return [*((order.by.field, order.down) for order in sort), ("id", sort[-1].down)]


def _ordering(sort: Sequence[Order]) -> str:
    return ", ".join(f"{name} DESC" if down else name for name, down in ordering(sort))


def _behind(sort: Sequence[Order], position: Sequence[Value]) -> tuple[str, list[Value]]:
    """The condition for what comes later than `position`."""
    order = ordering(sort)
    if len({down for _, down in order}) == 1:  # one comparison, which an index can answer
        names = ", ".join(name for name, _ in order)
        marks = ", ".join("?" for _ in order)
        return f"({names}) {_sign(order[0][1])} ({marks})", list(position)
    ways: list[str] = []
    values: list[Value] = []
    for place, (name, down) in enumerate(order):
        same = [f"{earlier} = ?" for earlier, _ in order[:place]]
        ways.append(" AND ".join([*same, f"{name} {_sign(down)} ?"]))
        values += position[: place + 1]
    return f"({' OR '.join(ways)})", values


def _sign(down: bool) -> str:
    return "<" if down else ">"


def _parts(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    return (lines[start : start + AT_ONCE] for start in range(0, len(lines), AT_ONCE))


def _values(device: str, created: int, line: Line) -> tuple[Value, ...]:
    rest = (line.lvl, line.src, line.plat, str(line.rev), line.msg)
    return (device, created, line.tsec, line.tnano, *rest)


def _stored(row: Row) -> Stored:
    return Stored(**{key: row[key] for key in Stored.__dataclass_fields__})
