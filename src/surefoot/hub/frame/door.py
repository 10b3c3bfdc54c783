"""A connection that answers as JSON also what is no request at all (hub-wire 0.7)."""

from aiohttp import web

from surefoot.hub.frame.problems import Malformed, body_of

UNREADABLE = "This is no HTTP request that can be read here"


class Door(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Called for what the parser refuses: whoever scans ports writes no log of ours full, and
        gets nothing of what he sent back. Ends the connection."""
        self.log_debug("Refused %s", request.remote, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("A part of an answer was sent already")
        response = web.Response(
            body=body_of(Malformed(UNREADABLE), status),
            status=status,
            content_type="application/json",
        )
        response.force_close()
        return response
