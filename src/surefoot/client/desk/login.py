"""Logging in with a nick and a password, which are used once and not kept (hub-wire.md 2.1)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.client.desk.hub import DeskHub, client_of, compact, connected, refused
from surefoot.client.desk.sessions import Session, Sessions
from surefoot.client.desk.text import printable
from surefoot.errors import Forbidden, InvalidInput, NotFound
from surefoot.wire.hub import answers


@dataclass(frozen=True)
class Account:
    """Who a token stands for."""

    nick: str
    prn: str
    kind: str


async def login(
    sessions: Sessions, url: str, user: str, password: str, ca: Path | None = None
) -> Session:
    """Kept, and the default Hub from now on. `url` in its one form; `ca`: PEM certificates that the
    Hub's is judged by, for good: of a login before if there are none now. Raises Forbidden for a
    wrong name or password, Unreachable."""
    ca = ca or _known_ca(sessions, url)
    pem = _certificates(ca) if ca else b""
    token = await _token(url, ca, user, password)
    async with connected(Session(url, user, token), ca) as hub:
        nick = (await account(hub)).nick
    return sessions.keep(Session(url, nick or user, token), pem)


async def account(hub: DeskHub) -> Account:
    """Asks the Hub, which may have forgotten the token."""
    found = await hub.get("/auth/auth_status", "to say who is logged in")
    members: dict[str, Any] = found if isinstance(found, dict) else {}
    nick, prn, kind = (str(members.get(key) or "") for key in ("nick", "prn", "type"))
    return Account(nick, prn, kind)


async def _token(url: str, ca: Path | None, user: str, password: str) -> str:
    http = client_of(url, ca)
    try:
        body = compact({"username": user, "password": password})
        answer = await http.request("POST", "/auth/login", body=body, repeatable=True)
    finally:
        await http.close()
    if answer.status == 401:
        raise Forbidden(f"{url} does not know this name with this password; try again")
    if answer.status == 404:
        raise NotFound(f"{url} answers, but is no Hub; check the URL")
    if 300 <= answer.status < 400:
        place = printable(answer.headers.get("location", "elsewhere"))
        raise InvalidInput(f"{url} sends on to {place}; log in at the address that it names")
    if answer.status != 200:
        raise refused(answer, "to log in")
    return answers.token(answer.body)


def _known_ca(sessions: Sessions, url: str) -> Path | None:
    known = sessions.read().sessions.get(url)
    return sessions.ca_file(known) if known else None


def _certificates(path: Path) -> bytes:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from error
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise InvalidInput(f"{path} holds no certificate; `surefoot hub ca` prints the right file")
    return pem
