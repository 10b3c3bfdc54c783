"""What is told as it happens: events (server-sent events) and log lines. Ours."""

from collections.abc import Iterator

from surefoot.device.events import Event, Lost
from surefoot.device.server.desk import Reply
from surefoot.device.server.endpoints.steps import CURRENT
from surefoot.device.server.message import (
    EVENTS,
    NO_SUCH_RESOURCE,
    PLAIN,
    Answer,
    Request,
    StreamAnswer,
    known_as,
    whole_number,
)
from surefoot.device.server.views import compact
from surefoot.errors import InvalidInput, NotFound
from surefoot.revision.names import LOCALS, check_revision_name

DEFAULT_TAIL = 100
_HEARTBEAT = b": still here\n\n"


def events(request: Request) -> StreamAnswer:
    """`Last-Event-ID` (a listener that comes back) goes before `?from=`."""
    asked = request.headers.get("Last-Event-ID") or request.query.get("from")
    start = request.desk.last_event_id() if asked is None else whole_number("event id", asked)
    return StreamAnswer(_event_pieces(start, request.desk.events(start)), EVENTS)


def log(request: Request) -> Answer | StreamAnswer:
    revision, source = _revision(request), request.values["source"]
    tail = whole_number("tail", request.query.get("tail", str(DEFAULT_TAIL)))
    follow = request.query.get("follow", "0") == "1"
    if source in (".", "..") or "/" in source:
        raise Reply(404, NO_SUCH_RESOURCE)
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        pieces = request.desk.log(revision, source, min(tail, request.limits.tail_lines), follow)
    return (
        StreamAnswer(pieces, PLAIN) if follow else Answer(body=b"".join(pieces), content_type=PLAIN)
    )


def _revision(request: Request) -> str:
    """A name that no revision can have, such as `..`, is one that is not there."""
    name = request.values["name"]
    revision = f"{LOCALS}{name}" if request.path.startswith(f"/logs/{LOCALS}") else name
    with known_as(InvalidInput, 404, NO_SUCH_RESOURCE):
        return revision if revision == CURRENT else check_revision_name(revision)


def _event_pieces(start: int, items: Iterator[Event | Lost | None]) -> Iterator[bytes]:
    # An id without data is no event, but the listener remembers it: should the connection break
    # before the first event, it comes back to this very place.
    yield b"id: %d\n\n" % start
    for item in items:
        yield _HEARTBEAT if item is None else _frame(item)


def _frame(item: Event | Lost) -> bytes:
    if isinstance(item, Lost):
        return b"event: lost\ndata: %s\n\n" % compact({"first": item.first, "last": item.last})
    text = item.text.encode("utf-8", "replace")
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (item.id, item.kind.encode(), text)
