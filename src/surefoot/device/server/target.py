"""Where a request goes: its target in either form, and the host that it names."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from surefoot.device.server.reader import Refused

_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)\Z", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"(localhost)?(:[0-9]*)?\Z", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True)
class Target:
    """`path` and `query` as sent, not URL-decoded; `host` only of an absolute target."""

    path: str
    query: str
    host: str | None

    @property
    def text(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


def parse_target(text: str) -> Target:
    """`text` is the request line's, one character a byte. Raises Refused."""
    host = None
    if absolute := _ABSOLUTE.match(text):
        host, text = absolute[1], absolute[2] or "/"
    try:
        text = text.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise Refused from None
    if _UNPRINTABLE.search(text):
        raise Refused
    path, _, query = text.partition("?")
    return Target(path, query, host)


def is_for_us(target: Target, host_fields: Iterable[str]) -> bool:
    """An absolute target names the host; the header counts only without one (RFC 9112 3.2.2)."""
    hosts = host_fields if target.host is None else [target.host]
    return all(_HOST.match(host.strip()) for host in hosts)
