"""Routes of auto-join tokens."""

import secrets

import msgspec
from aiohttp.web import StreamResponse

from surefoot.errors import NotFound
from surefoot.hub import audit
from surefoot.hub.devices import metadata, names
from surefoot.hub.devices.join_tokens import store
from surefoot.hub.devices.join_tokens.store import JoinToken
from surefoot.hub.frame.call import Call, decode, now, time_text
from surefoot.hub.frame.route import Access, Route
from surefoot.wire.hub import devices as wire
from surefoot.wire.hub import prn


class NewToken(msgspec.Struct, rename={"user_meta": "default-user-meta"}):
    """`nick`: what its maker calls it. `user_meta`: what each device begins with."""

    nick: str | None = None
    user_meta: metadata.Member = None


async def make(call: Call) -> StreamResponse:
    body = await call.bytes()
    asked = decode(body, NewToken) if body else NewToken()
    text = store.make_text()
    token = _token(call.who.id, asked, store.digest(text))
    async with call.hub.database.transaction() as tx:
        await store.insert(tx, token)
        await audit.note(tx, call, "join-token made", prn.join_token(token.id), token.nick)
    return call.answer(wire.token(_body(token, text)))


def _token(owner: str, asked: NewToken, digest: str) -> JoinToken:
    moment = now()
    return JoinToken(
        id=secrets.token_hex(12),
        owner=owner,
        nick=names.require_nick(asked.nick) if asked.nick else names.make_nick(),
        token=digest,
        user_meta=metadata.first(asked.user_meta),
        disabled=False,
        created=moment,
        modified=moment,
    )


async def show_all(call: Call) -> StreamResponse:
    tokens = await store.of_owner(call.hub.database, call.who.id)
    return call.answer(wire.array(wire.token(_body(token)) for token in tokens))


async def disable(call: Call) -> StreamResponse:
    """Devices that came by it stay. Its row stays too: the audit log names it."""
    id = prn.id_of(call.part("token"))
    async with call.hub.database.transaction() as tx:
        if not await store.disable(tx, call.who.id, id, now()):
            raise NotFound(f"You have no auto-join token {id}; GET /devices/tokens lists yours")
        await audit.note(tx, call, "join-token disabled", prn.join_token(id))
    return call.answer({"status": "OK"})


def _body(token: JoinToken, text: str = "") -> wire.TokenBody:
    return wire.TokenBody(
        id=token.id,
        prn=prn.join_token(token.id),
        nick=token.nick,
        owner=prn.account(token.owner),
        token=text,
        user_meta=token.user_meta,
        disabled=token.disabled,
        created=time_text(token.created),
        modified=time_text(token.modified),
    )


PATH = "/devices/tokens"
ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        PATH,
        make,
        Access.USER,
        "Make an auto-join token; it is shown this once",
        body=NewToken,
        max_body=metadata.USER_META_BODY_MAX,
    ),
    Route("GET", PATH, show_all, Access.USER, "Auto-join tokens of the caller"),
    Route("DELETE", f"{PATH}/{{token}}", disable, Access.USER, "Disable an auto-join token"),
)
