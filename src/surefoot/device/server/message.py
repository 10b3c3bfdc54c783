"""What a handler gets and what it gives back, and how an error becomes an answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import BinaryIO, TypeAlias

from surefoot.device.server.body import Body
from surefoot.device.server.desk import Caller, Desk, Reply
from surefoot.device.server.limits import Limits
from surefoot.device.server.views import compact
from surefoot.errors import Busy, NoRoom, SurefootError, outcome

JSON = "application/json"
BYTES = "application/octet-stream"
PLAIN = "text/plain"
EVENTS = "text/event-stream"

# pvcontrol knows the first two bodies byte for byte (pvr.md 6.2): they never carry a reason.
NO_ROOM = "Not enough disk space available"
BAD_CHECKSUM = "Object has bad checksum"
NO_SUCH_RESOURCE = "Resource does not exist"
INTERNAL = "Internal Error"
UNSUPPORTED = b'{"Error": "Unsupported protocol"}'

REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    422: "Unprocessable Content",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    507: "Insufficient Storage",
}


@dataclass(frozen=True)
class Request:
    """`values`: what stands in the places of the route's pattern, never URL-decoded."""

    desk: Desk
    limits: Limits
    caller: Caller
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    headers: Message
    body: Body

    def small_body(self) -> bytes:
        """All of a body that is kept in memory. Raises Reply."""
        return self.body.read(self.limits.small_body, self.limits.body_pace)


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FileAnswer:
    """`size` bytes from the start of the file, which is closed afterwards."""

    file: BinaryIO
    size: int
    content_type: str = BYTES


@dataclass(frozen=True)
class StreamAnswer:
    """Pieces as they come; the end of the connection is the end of the answer."""

    pieces: Iterator[bytes]
    content_type: str


AnyAnswer: TypeAlias = Answer | FileAnswer | StreamAnswer
OK = Answer()


def failure(error: SurefootError) -> Answer:
    """The answer that tells of this error."""
    reply = error if isinstance(error, Reply) else _reply(error)
    shown = {"Error": reply.text} | ({"Reason": reply.reason} if reply.reason else {})
    headers = {} if reply.retry_after_s is None else {"Retry-After": str(reply.retry_after_s)}
    return Answer(reply.status, compact(shown), headers=headers)


def _reply(error: SurefootError) -> Reply:
    status = outcome(error).http_status
    if isinstance(error, NoRoom):
        return Reply(status, NO_ROOM)
    if isinstance(error, Busy):
        return Reply(status, str(error), retry_after_s=error.retry_after_s)
    return Reply(status, str(error))


@contextmanager
def known_as(
    kind: type[SurefootError], status: int, text: str, *, with_reason: bool = True
) -> Iterator[None]:
    """Errors of this kind have one status and text on this path; the message is the reason."""
    try:
        yield
    except Reply:
        raise
    except kind as error:
        reason = str(error) if with_reason and str(error) != text else ""
        raise Reply(status, text, reason=reason) from error


def whole_number(what: str, text: str) -> int:
    """Raises Reply 400 for anything but plain digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Reply(400, f"Request has bad {what}")
    return int(text)
