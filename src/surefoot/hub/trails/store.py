"""Rows of trails and steps. Times are microseconds since 1970, JSON is text as it was stored.

Source: hub-wire.md 4. Every function takes a `Tx`; a `Database` is one.
"""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, fields

from surefoot.hub.db.protocol import Row, Tx

# `min` makes it one look into the index `steps_by_status`, however long the trail is; with
# ORDER BY ... LIMIT 1 SQLite would walk the trail from its beginning.
FIRST = (
    "SELECT * FROM steps WHERE trail = ? AND rev = "
    "(SELECT min(rev) FROM steps WHERE trail = ? AND status IN (?*))"
)


@dataclass(frozen=True)
class Trail:
    """`id` is the device's. `touched`: the last change by anybody; `insync`: the last time that the
    device told that it has reached a step."""

    id: str
    owner: str
    created: int
    touched: int
    insync: int


@dataclass(frozen=True)
class Step:
    """`state`, `progress`, `meta`: JSON texts. `state` is byte for byte what was posted.
    `committer`: the PRN of who posted it. `status` repeats what `progress` says."""

    trail: str
    rev: int
    committer: str
    commit_msg: str
    state: str
    state_sha: str
    status: str
    progress: str
    meta: str
    step_time: int
    progress_time: int
    created: int
    modified: int


# ---- reading -----------------------------------------------------------------------------------


async def get_trail(db: Tx, trail: str) -> Trail | None:
    row = await db.one("SELECT * FROM trails WHERE id = ?", trail)
    return _trail(row) if row else None


async def trails_of(db: Tx, owner: str) -> list[Trail]:
    """Of all devices that this account owns now, the oldest first."""
    rows = await db.all(
        "SELECT t.* FROM trails t JOIN devices d ON d.id = t.id WHERE d.owner = ? "
        "ORDER BY t.created, t.id",
        owner,
    )
    return [_trail(row) for row in rows]


async def get_step(db: Tx, trail: str, rev: int) -> Step | None:
    row = await db.one("SELECT * FROM steps WHERE trail = ? AND rev = ?", trail, rev)
    return _step(row) if row else None


async def get_progress(db: Tx, trail: str, rev: int) -> str | None:
    """Its text, without the state, which may be long."""
    row = await db.one("SELECT progress FROM steps WHERE trail = ? AND rev = ?", trail, rev)
    return row["progress"] if row else None


async def last_rev(db: Tx, trail: str) -> int | None:
    """None: there is no such trail."""
    row = await db.one("SELECT max(rev) AS rev FROM steps WHERE trail = ?", trail)
    return row["rev"] if row else None


async def first_step(db: Tx, trail: str, statuses: Collection[str]) -> Step | None:
    """The step with the lowest number among those in one of these statuses: the device's poll."""
    if not statuses:
        return None
    row = await db.one(_with_marks(FIRST, len(statuses)), trail, trail, *statuses)
    return _step(row) if row else None


async def revs_in(
    db: Tx, trail: str, statuses: Collection[str], size: int, offset: int
) -> list[int]:
    """At most `size` numbers of steps in one of these statuses, ascending."""
    if not statuses:
        return []
    sql = "SELECT rev FROM steps WHERE trail = ? AND status IN (?*) ORDER BY rev LIMIT ? OFFSET ?"
    rows = await db.all(_with_marks(sql, len(statuses)), trail, *statuses, size, offset)
    return [row["rev"] for row in rows]


async def objects_of(db: Tx, trail: str, rev: int) -> list[str]:
    """The shas that the step's state names, each once, sorted."""
    rows = await db.all(
        "SELECT sha FROM step_objects WHERE trail = ? AND rev = ? ORDER BY sha", trail, rev
    )
    return [row["sha"] for row in rows]


_TRAIL = tuple(field.name for field in fields(Trail))
_STEP = tuple(field.name for field in fields(Step))


def _trail(row: Row) -> Trail:
    return Trail(*[row[name] for name in _TRAIL])


def _step(row: Row) -> Step:
    return Step(*[row[name] for name in _STEP])


def _with_marks(sql: str, count: int) -> str:
    """Only question marks are put into a statement, never a value."""
    return sql.replace("?*", ", ".join("?" * count))


# ---- writing -----------------------------------------------------------------------------------


async def add_trail(tx: Tx, trail: Trail) -> None:
    """Raises Taken."""
    await tx.run(
        "INSERT INTO trails (id, owner, created, touched, insync) VALUES (?, ?, ?, ?, ?)",
        *(trail.id, trail.owner, trail.created, trail.touched, trail.insync),
    )


async def add_step(tx: Tx, step: Step, shas: Collection[str]) -> None:
    """`shas`: of the objects that the state names. Raises Taken when the number is in use."""
    await tx.run(
        "INSERT INTO steps (trail, rev, committer, commit_msg, state, state_sha, status, progress, "
        "meta, step_time, progress_time, created, modified) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(step.trail, step.rev, step.committer, step.commit_msg, step.state, step.state_sha),
        *(step.status, step.progress, step.meta, step.step_time, step.progress_time),
        *(step.created, step.modified),
    )
    await _name_objects(tx, step.trail, step.rev, shas)


async def replace_state(
    tx: Tx, trail: str, rev: int, state: str, sha: str, shas: Collection[str], at: int
) -> None:
    await tx.run(
        "UPDATE steps SET state = ?, state_sha = ?, step_time = ?, modified = ? "
        "WHERE trail = ? AND rev = ?",
        *(state, sha, at, at, trail, rev),
    )
    await tx.run("DELETE FROM step_objects WHERE trail = ? AND rev = ?", trail, rev)
    await _name_objects(tx, trail, rev, shas)


async def _name_objects(tx: Tx, trail: str, rev: int, shas: Collection[str]) -> None:
    for sha in sorted(set(shas)):
        await tx.run("INSERT INTO step_objects (trail, rev, sha) VALUES (?, ?, ?)", trail, rev, sha)


async def set_progress(tx: Tx, trail: str, rev: int, status: str, progress: str, at: int) -> None:
    await tx.run(
        "UPDATE steps SET status = ?, progress = ?, progress_time = ?, modified = ? "
        "WHERE trail = ? AND rev = ?",
        *(status, progress, at, at, trail, rev),
    )


async def set_meta(tx: Tx, trail: str, rev: int, meta: str, at: int) -> None:
    await tx.run(
        "UPDATE steps SET meta = ?, modified = ? WHERE trail = ? AND rev = ?", meta, at, trail, rev
    )


async def touch_trail(tx: Tx, trail: str, at: int) -> None:
    await tx.run("UPDATE trails SET touched = ? WHERE id = ?", at, trail)


async def set_in_sync(tx: Tx, trail: str, at: int) -> None:
    await tx.run("UPDATE trails SET insync = ? WHERE id = ?", at, trail)


# ---- summaries ---------------------------------------------------------------------------------

_SUMMARY = """
    SELECT d.id AS device, d.nick AS nick, d.owner AS owner, d.public AS public, d.seen AS seen,
        d.address AS address, d.user_meta AS user_meta, COALESCE(t.touched, 0) AS touched,
        COALESCE((SELECT max(s.rev) FROM steps s WHERE s.trail = d.id), 0) AS newest,
        p.rev AS rev, p.state_sha AS state_sha, p.progress AS progress, p.step_time AS step_time,
        p.progress_time AS progress_time
    FROM devices d
    LEFT JOIN trails t ON t.id = d.id
    LEFT JOIN steps p ON p.trail = d.id AND p.rev = (
        SELECT max(s.rev) FROM steps s WHERE s.trail = d.id AND s.status <> 'NEW')
    """


@dataclass(frozen=True)
class Standing:
    """Where a device stands. `newest`: the last step that was posted. The rest from `rev` on is of
    the newest step that the device or its owner has said something of; None before the first sync.
    """

    device: str
    nick: str
    owner: str
    public: bool
    seen: int
    address: str
    user_meta: str
    touched: int
    newest: int
    rev: int | None
    state_sha: str | None
    progress: str | None
    step_time: int | None
    progress_time: int | None


async def standings_of(db: Tx, owner: str) -> AsyncIterator[Standing]:
    """Of all devices of an account. One by one: what devices say of themselves may be long."""
    for row in await db.all("SELECT id FROM devices WHERE owner = ? ORDER BY id", owner):
        if found := await standing_of(db, row["id"]):
            yield found


async def standing_of(db: Tx, device: str) -> Standing | None:
    row = await db.one(_SUMMARY + "WHERE d.id = ?", device)
    return _standing(row) if row else None


_STANDING = tuple(field.name for field in fields(Standing))


def _standing(row: Row) -> Standing:
    return Standing(*[row[name] for name in _STANDING])
