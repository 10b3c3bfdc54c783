"""Who did what, to what, from where: written beside what was done, in the same transaction, and
never changed. No secrets, no bodies. Of objects only what becomes of them: how they come tell the
steps that name them.

Of each account the newest entries are kept, so that nobody can write away what others did.
"""

import asyncio
from dataclasses import dataclass

from surefoot.hub.db.protocol import Database, Row, Tx
from surefoot.hub.frame.call import Call, now
from surefoot.wire.hub import prn

SELECT = "SELECT * FROM audit WHERE "
OPERATOR = "operator"
FORGOTTEN_AT_ONCE = 1000
# Text of callers may be in it (a nick); a row stays short.
LONGEST_DETAIL = 500


@dataclass(frozen=True)
class Entry:
    """`account`: whose business it is, an id. `actor`: the PRN of who did it, "" for somebody
    without a token, `OPERATOR` for who has the Hub's machine. `action`: two words, as in "login
    refused". `subject`: what it was done to, a PRN or a path. `created`: microseconds."""

    id: int
    created: int
    account: str
    actor: str
    action: str
    subject: str
    detail: str
    address: str


async def note(
    tx: Tx, call: Call, action: str, subject: str, detail: str = "", *, account: str = ""
) -> None:
    """`tx`: the transaction of the deed itself, so that neither is kept without the other.
    `account`: the caller's, if no other is named."""
    actor = call.who.prn if call.who.id else ""
    await _add(tx, account or call.who.owner, actor, action, subject, detail, call.address)


async def note_of_operator(tx: Tx, account: str, action: str, detail: str = "") -> None:
    """What was done to an account at the Hub's machine. `tx`: as of `note`."""
    await _add(tx, account, OPERATOR, action, prn.account(account), detail, "")


async def entries(db: Tx, account: str, before: int, most: int) -> list[Entry]:
    """Newest first, those with an `id` below `before`; of this account, "" for all."""
    mine, values = ("account = ? AND ", (account,)) if account else ("", ())
    sql = SELECT + mine + "id < ? ORDER BY id DESC LIMIT ?"
    return [_entry(row) for row in await db.all(sql, *values, before, most)]


async def forget(db: Database, most: int) -> int:
    """Keeps the newest `most` of each account. A few at a time: others write meanwhile."""
    sql = "SELECT account FROM audit GROUP BY account HAVING count(*) > ?"
    accounts = [row["account"] for row in await db.all(sql, most)]
    return sum([await _forget(db, account, most) for account in accounts])


async def _forget(db: Database, account: str, most: int) -> int:
    sql = """DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE account = ? AND id <= (
            SELECT id FROM audit WHERE account = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
        ORDER BY id LIMIT ?)"""
    forgotten = 0
    while count := await db.run(sql, account, account, most, FORGOTTEN_AT_ONCE):
        forgotten += count
        await asyncio.sleep(0)
    return forgotten


async def _add(
    tx: Tx, account: str, actor: str, action: str, subject: str, detail: str, address: str
) -> None:
    await tx.run(
        "INSERT INTO audit (created, account, actor, action, subject, detail, address)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(now(), account, actor, action, subject, detail[:LONGEST_DETAIL], address),
    )


def _entry(row: Row) -> Entry:
    return Entry(**{key: row[key] for key in Entry.__dataclass_fields__})
