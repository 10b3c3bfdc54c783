"""Accounts by the operator's hand: straight on the database, whether a Hub runs on it or not."""

from surefoot.errors import Conflict, NotFound
from surefoot.hub import audit
from surefoot.hub.accounts import rules, store
from surefoot.hub.accounts.passwords import hashed
from surefoot.hub.accounts.store import Account
from surefoot.hub.db.errors import Taken
from surefoot.hub.db.protocol import Database, Tx
from surefoot.hub.devices import store as devices
from surefoot.hub.devices.join_tokens import store as join_tokens
from surefoot.hub.frame.call import now


async def add(
    database: Database, nick: str, password: str, email: str = "", admin: bool = False
) -> Account:
    """Raises InvalidInput, Conflict when the nick or the address is somebody's."""
    rules.require_nick(nick)
    rules.require_email(email)
    rules.require_password(password)
    kept = await hashed(password)
    try:
        async with database.transaction() as tx:
            made = await store.create(tx, nick, email, kept, admin)
            await audit.note_of_operator(tx, made.id, "account made", nick)
            return made
    except Taken as error:
        raise Conflict(
            f"The nick {nick} or the address is somebody's already; see `surefoot hub user ls`"
        ) from error


async def set_password(
    database: Database, nick: str, password: str, with_join_tokens: bool = False
) -> None:
    """Every login of before is void; join tokens too when that is meant. Raises NotFound,
    InvalidInput."""
    rules.require_password(password)
    kept = await hashed(password)
    async with database.transaction() as tx:
        account = await _known(tx, nick)
        await store.set_password(tx, account.id, kept)
        await audit.note_of_operator(tx, account.id, "password changed")
        if with_join_tokens:
            count = await join_tokens.disable_all(tx, account.id, now())
            await audit.note_of_operator(tx, account.id, "join-tokens disabled", str(count))


async def remove(database: Database, nick: str, with_devices: bool = False) -> int:
    """How many devices went with it. Raises NotFound, Conflict when there are some and they were
    not meant."""
    async with database.transaction() as tx:
        account = await _known(tx, nick)
        count = await devices.count_of(tx, account.id)
        if count and not with_devices:
            raise Conflict(
                f"{nick} owns {count} device(s), which would go with the account, and with all "
                "that they hold; say --with-devices when that is meant"
            )
        await store.remove(tx, account.id)
        await audit.note_of_operator(tx, account.id, "account removed", nick)
        return count


async def listing(database: Database) -> list[Account]:
    """By nick."""
    return await store.everybody(database)


async def _known(tx: Tx, nick: str) -> Account:
    found = await store.by_nick(tx, nick)
    if found is None:
        raise NotFound(f"There is no account {nick}; see `surefoot hub user ls`")
    return found
