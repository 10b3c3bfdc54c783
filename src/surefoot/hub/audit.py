"""Who did what, to what, from where: written beside what was done, in the same transaction, and
never changed. No secrets, no bodies."""

from dataclasses import dataclass

from surefoot.hub.db.protocol import Row, Tx
from surefoot.hub.frame.call import Call, now

SELECT = "SELECT * FROM audit WHERE "
# Text of callers may be in it (a nick); a row stays short.
LONGEST_DETAIL = 500


@dataclass(frozen=True)
class Entry:
    """`actor`: the PRN of who did it, "" for somebody without a token. `action`: two words, as in
    "login refused". `subject`: what it was done to, a PRN or a path. `created`: microseconds."""

    id: int
    created: int
    actor: str
    action: str
    subject: str
    detail: str
    address: str


async def note(tx: Tx, call: Call, action: str, subject: str, detail: str = "") -> None:
    """`tx`: the transaction of the deed itself, so that neither is kept without the other."""
    actor = call.who.prn if call.who.id else ""
    await tx.run(
        "INSERT INTO audit (created, actor, action, subject, detail, address)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        now(),
        actor,
        action,
        subject,
        detail[:LONGEST_DETAIL],
        call.address,
    )


async def entries(db: Tx, name: str, before: int, most: int) -> list[Entry]:
    """Newest first, those with an `id` below `before`; by or about `name` (a PRN), "" for all."""
    mine = "(actor = ? OR subject = ?) AND " if name else ""
    sql = SELECT + mine + "id < ? ORDER BY id DESC LIMIT ?"
    rows = await db.all(sql, *([name] * mine.count("?")), before, most)
    return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    return Entry(
        row["id"],
        row["created"],
        row["actor"],
        row["action"],
        row["subject"],
        row["detail"],
        row["address"],
    )
