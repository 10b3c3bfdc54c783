"""How a person names a device: nick, id, owner/nick, PRN, or a URL of it, of its trail, of a step.

Sources: hub-wire.md 1 (ids, PRN), 7 (forms of URLs); `surefoot claim` takes what `pvr claim` does.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from surefoot.errors import InvalidInput
from surefoot.wire.hub import prn

_NAME = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.\-+%]{1,200}\Z")
_REVISION = re.compile(r"[0-9]{1,9}\Z")
_SCHEMES = ("http", "https")
_OF_HUB = ("trails", "devices")
_FORMS = "a nick, an id, owner/nick, or a URL of the device, of its trail or of a step"


@dataclass(frozen=True)
class Reference:
    """`device`: nick or id. `owner`: the nick of its owner, empty for the caller. `hub`: base URL,
    empty where none was named. `revision`: of the step that was named."""

    device: str
    owner: str = ""
    hub: str = ""
    revision: int | None = None

    def __str__(self) -> str:
        return f"{self.owner}/{self.device}" if self.owner else self.device


def hub_url(text: str) -> str:
    """The base URL of a Hub in its one form: no slash at the end, no default port. Raises
    InvalidInput."""
    url = _split(text)
    if url.username or url.password or url.query or url.fragment:
        raise InvalidInput(f"{_shown(text)} must be scheme://host[:port] and no more; no user name")
    return _base(url, url.path.rstrip("/"))


def read_reference(text: str) -> Reference:
    """Raises InvalidInput."""
    if "://" in text:
        return _of_url(text)
    if prn.is_device(text):
        text = prn.id_of(text)
    return _of_names(text, text.split("/"), "")


def _of_url(text: str) -> Reference:
    url = _split(text)
    if url.fragment:
        raise InvalidInput(f"{_shown(text)} names a part of a state; name the device without #")
    parts = [unquote(part) for part in url.path.split("/") if part]
    place = next((at for at, part in enumerate(parts) if part in _OF_HUB), None)
    if place is None:
        return _of_names(text, parts[-3:], _base(url, "")) if len(parts) > 1 else _bad(text)
    above = "".join(f"/{part}" for part in parts[:place])
    return _of_hub_url(text, parts[place:], _base(url, above))


def _of_hub_url(text: str, parts: list[str], hub: str) -> Reference:
    match parts:
        case [_, device]:
            return _checked(text, Reference(device, "", hub))
        case ["trails", device, "steps"]:
            return _checked(text, Reference(device, "", hub))
        case ["trails", device, "steps", revision, *_] if _REVISION.match(revision):
            return _checked(text, Reference(device, "", hub, int(revision)))
        case _:
            return _bad(text)


def _of_names(text: str, parts: list[str], hub: str) -> Reference:
    match parts:
        case [device]:
            return _checked(text, Reference(device, "", hub))
        case [owner, device]:
            return _checked(text, Reference(device, owner, hub))
        case [owner, device, revision] if _REVISION.match(revision):
            return _checked(text, Reference(device, owner, hub, int(revision)))
        case _:
            return _bad(text)


def _checked(text: str, found: Reference) -> Reference:
    if not _NAME.match(found.device) or (found.owner and not _NAME.match(found.owner)):
        return _bad(text)
    return found


def _bad(text: str) -> Reference:
    raise InvalidInput(f"{_shown(text)} names no device; write {_FORMS}")


def _split(text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        is_good = url.scheme.lower() in _SCHEMES and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    else:
        if is_good and not re.search(r"[\s\x00-\x20]", text):
            return url
    raise InvalidInput(f"{_shown(text)} is no URL of a Hub; write https://HOST or http://HOST:PORT")


def _base(url: SplitResult, path: str) -> str:
    scheme, host = url.scheme.lower(), (url.hostname or "").lower()
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    port = f":{url.port}" if url.port not in (None, default) else ""
    return f"{scheme}://{name}{port}{path}"


def _shown(text: str) -> str:
    return repr(text[:200])
