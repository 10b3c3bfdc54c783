"""What a Hub is started with, as values, and the public addresses that follow from it."""

import re
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from surefoot.errors import InvalidInput
from surefoot.hub.frame.hub import Limits, Urls

ANY_HOST = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - read here, bound only when asked for


@dataclass(frozen=True)
class Address:
    """Where to listen. Port 0: any free one."""

    host: str
    port: int


SIZE = re.compile(r"([0-9]{1,15})([KMGT]?)(?:I?B)?", re.ASCII | re.IGNORECASE)
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
PLAIN = Address("127.0.0.1", 12365)
TLS = Address("127.0.0.1", 12366)
LOOPBACK = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True)
class Settings:
    """`listen`, `tls_listen`: None for no such door. `public_url`: what clients call this Hub when
    that is not the address it listens on, without a slash at its end. `certificate`, `key`: PEM
    files, both or none; none means a certificate of the Hub's own authority. `closed`: nobody signs
    up over the network. `proxies`: addresses whose X-Forwarded-For says who calls."""

    data: Path
    listen: Address | None = PLAIN
    tls_listen: Address | None = TLS
    public_url: str = ""
    certificate: Path | None = None
    key: Path | None = None
    closed: bool = False
    proxies: frozenset[str] = frozenset()
    access_log: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Layout:
    """Where things are in the data directory."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def database(self) -> Path:
        return self.root / "hub.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def tls(self) -> Path:
        return self.root / "tls"


def address(text: str) -> Address:
    """`HOST:PORT`, an IPv6 host in brackets. Raises InvalidInput."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise InvalidInput(f"{text!r} is no address; give it as HOST:PORT")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def size(text: str) -> int:
    """Bytes: `500M`, `64G`, `0`, in units of 1024. Raises InvalidInput."""
    found = SIZE.fullmatch(text.strip())
    if not found:
        raise InvalidInput(f"{text!r} is no size; give a number of bytes, or one like 500M or 64G")
    return int(found[1]) * UNITS[found[2].upper()]


def public_url(text: str) -> str:
    """`http[s]://HOST[:PORT]`, as clients are to type it. Raises InvalidInput.

    Without a path: clients make addresses such as `<BASE>/auth` themselves (hub-wire 2.3).
    """
    try:
        parts = urlsplit(text)
        is_good = parts.port != 0
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no public address ({error})") from error
    rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if not is_good or parts.scheme not in ("http", "https") or not parts.hostname or any(rest):
        raise InvalidInput(f"{text!r} is no public address; give it as https://HOST or with :PORT")
    return text.rstrip("/")


def urls_of(settings: Settings, plain_port: int, tls_port: int) -> Urls:
    """A door that is not there has the other's address. Over TLS always https: a device takes a
    download from nowhere else (hub-wire 0.3)."""
    public = settings.public_url
    if public.startswith("https:"):
        return Urls(public, public)
    name = host_of(public) if public else ""
    plain = public or _url("http", settings.listen, "", plain_port)
    tls = _url("https", settings.tls_listen, name, tls_port)
    return Urls(plain or tls, tls or plain)


def limits_of(settings: Settings) -> Limits:
    return replace(settings.limits, open_signup=not settings.closed, proxies=settings.proxies)


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def names_of(settings: Settings) -> list[str]:
    """Hosts by which this Hub is called: those that its own certificate is for."""
    doors = [door.host for door in (settings.listen, settings.tls_listen) if door]
    given = [host for host in doors if host not in ANY_HOST]
    public = [host_of(settings.public_url)] if settings.public_url else []
    own = ["localhost", "127.0.0.1", "::1", socket.gethostname()]
    return list(dict.fromkeys(host for host in (*own, *given, *public) if host))


def _url(scheme: str, door: Address | None, name: str, port: int) -> str:
    if door is None:
        return ""
    host = name or (socket.gethostname() if door.host in ANY_HOST else door.host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
