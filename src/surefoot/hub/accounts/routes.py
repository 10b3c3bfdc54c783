"""Routes of the room `accounts`: logins, tokens, accounts, and what was done with them."""

from typing import Any

import msgspec
from aiohttp.web import StreamResponse

from surefoot.errors import Conflict, Forbidden, InvalidInput
from surefoot.hub import audit
from surefoot.hub.accounts import login, passwords, rules, store
from surefoot.hub.accounts.overview.routes import ROUTES as OVERVIEW
from surefoot.hub.accounts.store import Account
from surefoot.hub.db.errors import Taken
from surefoot.hub.frame.call import Call, time_text
from surefoot.hub.frame.problems import Malformed, Unauthenticated
from surefoot.hub.frame.route import Access, Route
from surefoot.hub.openapi import ROUTES as OPENAPI
from surefoot.wire.hub import auth, prn

ENTRIES = 500


class Credentials(msgspec.Struct):
    """`scope` is read and not used: every token may do all that its holder may."""

    username: str
    password: str
    scope: str = ""


class SignUp(msgspec.Struct):
    nick: str
    password: str
    email: str = ""


class NewPassword(msgspec.Struct):
    current: str
    password: str


# ---- tokens ------------------------------------------------------------------------------------


async def log_in(call: Call) -> StreamResponse:
    """Without a User-Agent 403, as the reference (hub-wire 1)."""
    if not call.request.headers.get("User-Agent"):
        raise Forbidden("Say who asks: send a User-Agent")
    given = await call.json(Credentials)
    token = await login.log_in(call, given.username, given.password)
    return call.answer(auth.token_answer(token))


async def refresh(call: Call) -> StreamResponse:
    return call.answer(auth.token_answer(await login.refresh(call)))


async def status(call: Call) -> StreamResponse:
    """The claims of the token; nick and owner as they are now (hub-wire 2.2: the claim is
    frozen)."""
    claims = {**call.hub.tokens.read(call.token)}
    if call.who.id:
        claims["nick"] = call.who.nick
    if "owner" in claims:
        claims["owner"] = prn.account(call.who.owner) if call.who.owner else ""
    return call.answer(claims)


# ---- accounts ----------------------------------------------------------------------------------


async def sign_up(call: Call) -> StreamResponse:
    """Good at once: there is no mail to confirm. `pvr register` opens `redirect-uri`."""
    if not call.hub.limits.open_signup:
        raise InvalidInput("This Hub makes no accounts over the network; ask who runs it")
    given = await call.json(SignUp)
    rules.require_nick(given.nick)
    rules.require_email(given.email)
    rules.require_password(given.password)
    call.require_room("sign up", call.hub.limits.signup_rate)
    async with passwords.turn(call.hub):
        kept = await passwords.hashed(given.password)
    account = await _created(call, given, kept)
    return call.answer({**_body(account), "redirect-uri": call.base})


async def _created(call: Call, given: SignUp, password: str) -> Account:
    try:
        async with call.hub.database.transaction() as tx:
            account = await store.create(tx, given.nick, given.email, password)
            name = prn.account(account.id)
            await audit.note(tx, call, "account made", name, account.nick, account=account.id)
    except Taken as error:
        text = "This nick or this e-mail address has an account already; log in, or choose another"
        raise Conflict(text) from error
    return account


async def own_account(call: Call) -> StreamResponse:
    return call.answer(_body(await _own(call)))


async def accounts(call: Call) -> StreamResponse:
    """The own one in a list; all of them for an admin who asks with `asadmin`."""
    if _asks_as_admin(call):
        return call.answer([_body(account) for account in await store.everybody(call.hub.database)])
    return call.answer([_body(await _own(call))])


async def change_password(call: Call) -> StreamResponse:
    """Every token of before is void; the answer is one that is good."""
    given = await call.json(NewPassword)
    rules.require_password(given.password)
    try:
        await login.checked_user(call, call.who.prn, given.current)
    except Unauthenticated as error:
        raise InvalidInput("The current password is wrong") from error
    async with passwords.turn(call.hub):
        kept = await passwords.hashed(given.password)
    async with call.hub.database.transaction() as tx:
        await store.set_password(tx, call.who.id, kept)
        await audit.note(tx, call, "password changed", call.who.prn)
    return call.answer(auth.token_answer(login.user_token(call.hub, await _own(call))))


async def _own(call: Call) -> Account:
    account = await store.get(call.hub.database, call.who.id)
    if account is None:
        raise Unauthenticated("This account was removed")
    return account


def _body(account: Account) -> dict[str, Any]:
    return auth.account_body(
        account.nick,
        account.email,
        prn.account(account.id),
        time_text(account.created),
        time_text(account.modified),
    )


def _asks_as_admin(call: Call) -> bool:
    """Raises Forbidden for others who do."""
    asks = call.query.get("asadmin", "") not in ("", "0", "false")
    if asks and not call.who.admin:
        raise Forbidden("Only admins see what is not theirs; log in as one")
    return asks


# ---- audit -------------------------------------------------------------------------------------


async def audit_log(call: Call) -> StreamResponse:
    """Newest first; what was done by the caller, his devices and others with what is his, or
    everything for an admin who asks with `asadmin`. `before`: the `id` of the last entry of the
    page before."""
    wants_all = _asks_as_admin(call)
    before, most = _number(call, "before", 2**62), min(_number(call, "limit", 100), ENTRIES)
    account = "" if wants_all else call.who.id
    found = await audit.entries(call.hub.database, account, before, most)
    return call.answer([_entry(entry) for entry in found])


def _entry(entry: audit.Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "time": time_text(entry.created),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "address": entry.address,
    }


def _number(call: Call, name: str, default: int) -> int:
    text = call.query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Malformed(f"`{name}` is a whole number")
    return int(text)


STATUS_PATHS = ("/auth", "/devices", "/trails", "/objects", "/dash")
CLAIMS = "The claims of the caller's token"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/auth/login", log_in, Access.BLIND, "A token for a password", Credentials),
    Route("GET", "/auth/login", refresh, Access.READER, "A new token for a good one"),
    *(Route("GET", f"{at}/auth_status", status, Access.READER, CLAIMS) for at in STATUS_PATHS),
    Route("POST", "/auth/accounts", sign_up, Access.BLIND, "Make an account", SignUp),
    Route("GET", "/auth/accounts", accounts, Access.USER, "The caller's account, in a list"),
    Route("GET", "/auth", own_account, Access.USER, "The caller's account"),
    Route("PUT", "/auth/password", change_password, Access.USER, "A new password", NewPassword),
    *OVERVIEW,
    *OPENAPI,
    Route("GET", "/audit", audit_log, Access.USER, "Who did what to the caller's account"),
)  # fmt: skip
