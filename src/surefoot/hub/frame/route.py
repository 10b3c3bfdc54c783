"""One row of the API: what is asked, by whom, with what. The OpenAPI page, the ownership tests and
the tests of bad bodies are made from these rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from aiohttp.web import StreamResponse

if TYPE_CHECKING:
    from surefoot.hub.frame.call import Call

Handler = Callable[["Call"], Awaitable[StreamResponse]]
KIB = 1024
MIB = 1024 * KIB


class Access(Enum):
    """Who gets past the door; whether a thing is theirs is the handler's question."""

    BLIND = auto()  # anybody; no token is looked at, so that a stale one does no harm
    OPEN = auto()  # anybody; a token is looked at when there is one
    READER = auto()  # any token, the anonymous reader's too
    MEMBER = auto()  # a user or a device
    USER = auto()
    DEVICE = auto()


@dataclass(frozen=True)
class Route:
    """`path`: aiohttp's pattern without a trailing slash; both forms are served. `body`: the type
    of a JSON body (a msgspec Struct, dict, ...), None when none is read, `bytes` when it is raw.
    `summary`: one line for the reference page."""

    method: str
    path: str
    handler: Handler
    access: Access
    summary: str
    body: Any = None
    max_body: int = 64 * KIB
