"""The reference page of the control socket, printed from the table of routes.

`python -m surefoot.device.server.reference > docs/reference/socket.md`
"""

import sys
from collections.abc import Sequence
from itertools import groupby

from surefoot.device.events import Kind
from surefoot.device.server.connection import NOT_MGMT, UNKNOWN_PATH, WRONG_METHOD
from surefoot.device.server.control import SOCKET_MODE
from surefoot.device.server.desk import Op
from surefoot.device.server.limits import Limits
from surefoot.device.server.message import INTERNAL, NO_ROOM
from surefoot.device.server.routes import ROUTES, Route

_OURS = (Op.ABORT, Op.ROLLBACK)


def page() -> str:
    """Markdown; the same text for the same table."""
    sections = (
        _introduction(),
        _everywhere(),
        _overview(),
        _commands(),
        *_paths(),
        _events(),
        _bounds(),
    )
    return "\n\n".join(sections) + "\n"


def _introduction() -> str:
    return f"""# Control socket

<!-- Generated from surefoot.device.server.routes; do not edit. -->

HTTP/1.0 and HTTP/1.1 on the UNIX socket `pv-ctrl` in the run directory (mode {SOCKET_MODE:04o}),
bound into every container as `/pantavisor/pv-ctrl`. The caller is known by its process: one of a
container counts as that container, any other as the host. The host and containers with the role
`mgmt` may ask for everything, other containers only where *any* stands. The `Host` must be empty
or `localhost`; a request for another host is closed without an answer.

Success is 200 (204 where it says so). An error is `{{"Error":"TEXT"}}`, with more for people in a
second member `"Reason"` where there is more to say. Names in a path are taken literally, never
URL-decoded. Every answer has a `Content-Length`; only streams end with the connection. Bodies may
be sized or chunked."""


def _everywhere() -> str:
    rows = (
        (400, UNKNOWN_PATH.format("PATH"), "nothing is served there"),
        (
            400,
            WRONG_METHOD,
            "the path does not know this method; HEAD always (without a body)",
        ),
        (403, NOT_MGMT, "a container without the role `mgmt`"),
        (408, "Request timed out", "the sender was too slow"),
        (500, INTERNAL, "a fault of ours, or a caller that cannot be identified"),
        (501, "Unsupported protocol", "another method or coding (as 400: an unreadable request)"),
        (503, "(what is busy)", "with `Retry-After`"),
        (507, NO_ROOM, "the disk is full"),
    )
    return "## Answers that any path may give\n\n" + _table(
        ("status", "text", "when"), [(str(code), f"`{text}`", when) for code, text, when in rows]
    )


def _overview() -> str:
    rows = [
        (f"`{route.method}`", f"`{route.pattern}`", route.who.value, _origin(route), route.summary)
        for route in ROUTES
    ]
    return "## All paths\n\n" + _table(("method", "path", "who", "origin", "does"), rows)


def _commands() -> str:
    known = ", ".join(f"`{op}`" for op in Op if op not in _OURS)
    ours = ", ".join(f"`{op}`" for op in _OURS)
    return f"## Commands\n\nThe reference's `op`s: {known}.\n\nOurs: {ours}."


def _paths() -> list[str]:
    return [
        f"## `{pattern}`\n\n" + "\n\n".join(map(_route, routes))
        for pattern, routes in groupby(ROUTES, key=lambda route: route.pattern)
    ]


def _route(route: Route) -> str:
    parts = [f"**{route.method}**: {route.summary}"]
    if route.body:
        parts.append(f"Body: {route.body}.")
    if route.answers:
        rows = [(str(status), f"`{text}`") for status, text in route.answers]
        parts.append(_table(("status", "text"), rows))
    return "\n\n".join(parts)


def _events() -> str:
    kinds = ", ".join(f"`{kind}`" for kind in Kind)
    return f"""## Events

`GET /events` answers with server-sent events: `id:` (a number that only grows, also over restarts
of the agent), `event:` ({kinds}) and `data:`, JSON on one line. A first `id:` without data says
where the listener stands. Comments are signs of life. `event: lost` with
`{{"first":ID,"last":ID}}` means that the events between may have been missed: look at `/status`
anew. A listener that takes nothing for {Limits().send_stall_s:.0f} s is cut."""


def _bounds() -> str:
    limits = Limits()
    rows = [
        ("request line, whole head", f"{limits.request_line} and {limits.head} bytes"),
        ("state JSON", f"{limits.state} bytes"),
        ("commit message", f"{limits.commit_message} bytes"),
        ("any other body but an object's", f"{limits.small_body} bytes"),
        ("object", "none"),
        (
            "served at once",
            f"{limits.commands} commands, {limits.transfers} transfers, {limits.streams} streams",
        ),
        ("connections of one container", str(limits.per_container)),
    ]
    return "## Limits\n\n" + _table(("of", "limit"), rows)


def _origin(route: Route) -> str:
    return "ours" if route.ours else "reference"


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    sys.stdout.write(page())
