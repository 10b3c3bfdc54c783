"""A connection that answers as JSON also what never comes to a route (hub-wire 0.7)."""

import logging

from aiohttp import web

from surefoot.errors import SurefootError
from surefoot.hub.frame.problems import Malformed, body_of

log = logging.getLogger(__name__)
UNREADABLE = Malformed("This is no HTTP request that can be read here")
FAULT = SurefootError("The Hub has a fault; try again")


class Door(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """For what the parser refuses, and for a slip of ours. Ends the connection. Whoever scans
        ports fills no log of ours, and gets nothing of what he sent back."""
        if status >= 500:
            log.error("a call failed: %s", message, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("A part of an answer was sent already; it can only be cut")
        response = web.Response(
            body=body_of(FAULT if status >= 500 else UNREADABLE, status),
            status=status,
            content_type="application/json",
        )
        response.force_close()
        return response
