"""One connection: requests in, answers out, whatever dialect of HTTP/1 the client speaks.

The parser is the standard library's. What differs from its defaults is what real clients need
(pvr.md 6.3): HTTP/1.0 ends with the answer, every answer has a length, `100 Continue` is sent as
soon as the body is wanted, a client that stopped sending still gets its answer, and one that is
still sending is read for a while before the connection is closed.
"""

import http.client
import io
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import parse_qsl

from surefoot.device.server.body import Body, framed_length
from surefoot.device.server.desk import Caller, Desk, Reply
from surefoot.device.server.lanes import Lanes, Place
from surefoot.device.server.limits import Limits, Pace
from surefoot.device.server.message import (
    INTERNAL,
    UNSUPPORTED,
    Answer,
    AnyAnswer,
    Request,
    StreamAnswer,
    failure,
)
from surefoot.device.server.peer import Peer
from surefoot.device.server.reader import BUFFER_BYTES, Head, HeadCut, PacedSocket, Refused
from surefoot.device.server.routes import Lane, Route, Who, find
from surefoot.device.server.target import Target, is_for_us, parse_target
from surefoot.device.server.writer import Manner, Writer
from surefoot.errors import Busy, SurefootError

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
NOT_MGMT = "Request not sent from mgmt platform"
WRONG_METHOD = "Method not supported for this endpoint"
UNKNOWN_PATH = "unknown endpoint: {}"

_log = logging.getLogger(__name__)
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class Service(Protocol):
    """What all connections of one server share."""

    desk: Desk
    limits: Limits
    lanes: Lanes
    stopping: bool


class NoAnswer(Exception):
    """The connection is closed without a (further) word."""


class Connection(BaseHTTPRequestHandler):
    """Serves everything that comes over one connection, in the thread that makes it."""

    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, service: Service, place: Place) -> None:
        self._service = service
        self._limits = service.limits
        self._place = place
        self._body: Body | None = None
        self._answering = self._awaited = False
        self.command = self.requestline = self.request_version = ""
        # The base class only keeps the server; it never looks at it.
        super().__init__(connection, ("", 0), service)  # type: ignore[arg-type]

    # --- the life of the connection -----------------------------------------------------------

    def setup(self) -> None:
        self.connection = self.request
        self._paced = PacedSocket(self.connection, self._limits.idle_pace)
        self._source = io.BufferedReader(self._paced, BUFFER_BYTES)
        self._head = Head(self._source, self._limits.request_line, self._limits.head)
        self.rfile = self._head
        self._writer = Writer(
            self.connection, self._limits.send_stall_s, lambda: self._service.stopping
        )

    def handle(self) -> None:
        try:
            self._handle()
        except (OSError, NoAnswer) as error:
            _log.debug("connection ended: %s", error)

    def finish(self) -> None:
        """Nothing is left to flush: answers are written at once."""

    def _handle(self) -> None:
        try:
            self._caller = self._identified()
            with self._service.lanes.container(self._caller.name):
                super().handle()
        except SurefootError as error:
            self._turn_away(error)

    def _turn_away(self, error: SurefootError) -> None:
        self.close_connection = True
        self._send(failure(error))
        try:
            with self._service.lanes.enter(Lane.REFUSAL, self._place):
                self._linger(self._limits.refusal_pace)
        except Busy:
            pass  # so many are turned away that this one may miss why

    def handle_one_request(self) -> None:
        self._answering = False
        try:
            if self._next_head():
                self._serve()
        except Refused as refused:
            self.close_connection = True
            self._answer(Answer(refused.status, UNSUPPORTED))
        except SurefootError as error:
            if self._answering:
                raise NoAnswer(f"the answer broke off: {error}") from error
            _log.debug("%r refused: %s", self.requestline, error)
            self._answer(failure(error))

    def _identified(self) -> Caller:
        """R26. Raises Reply for a caller that nobody can name."""
        with closing(Peer(self.connection)) as peer, _our_faults_hidden("who asks"):
            try:
                caller = self._service.desk.container_of(peer.pid) if peer.pid else None
            except SurefootError as error:
                _log.warning("a caller is not served: %s", error)
                caller = None
            # Only now is it sure that the desk looked at the process that asks.
            if caller and peer.is_there():
                return caller
        raise Reply(500, INTERNAL)

    # --- the head -----------------------------------------------------------------------------

    def _next_head(self) -> bool:
        """False when there is no further request. Raises Refused, and Reply for a slow sender."""
        self.close_connection = True
        self._body, self._awaited, self.command = None, False, ""
        self._paced.expect(self._limits.idle_pace)
        try:
            if not self._source.peek(1):
                return False
        except TimeoutError:
            return False
        self._paced.expect(self._limits.head_pace)
        try:
            self.raw_requestline = self._head.first_line()
            return bool(self.raw_requestline) and self._parsed()
        except TimeoutError:
            raise Reply(408, "Request timed out", reason="its head came too slowly") from None
        except (http.client.HTTPException, HeadCut):
            raise Refused from None

    def _parsed(self) -> bool:
        if not self.parse_request() or self.request_version not in ("HTTP/1.0", "HTTP/1.1"):
            raise Refused
        if self.headers.defects or not all(map(_FIELD_NAME.match, self.headers)):
            raise Refused
        if self.request_version == "HTTP/1.0" or self._service.stopping:
            self.close_connection = True
        return True

    def handle_expect_100(self) -> bool:
        self._awaited = True
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library would say is said by `Refused`."""
        _log.debug("unreadable request: %s %s %s", code, message, explain)

    # --- the request and its answer -----------------------------------------------------------

    def _serve(self) -> None:
        target = parse_target(self.path)
        if not is_for_us(target, self.headers.get_all("Host", [])):
            raise NoAnswer("it was for another host")
        if self.command not in METHODS:
            raise Refused(501)
        length = framed_length(self.headers)
        self._body = Body(self._source, self._paced, length, self._go_on)
        route, request = self._routed(target, self._body)
        if route.who is Who.MGMT and not self._caller.privileged:
            raise Reply(403, NOT_MGMT)
        with self._service.lanes.enter(route.lane, self._place):
            if route.lane is not Lane.COMMAND:
                self.close_connection = True
            with _our_faults_hidden(f"{route.method} {route.pattern}"):
                answer = _guarded(route.handler(request))
            self._answer(answer)

    def _routed(self, target: Target, body: Body) -> tuple[Route, Request]:
        found = find(target.path)
        if not found:
            raise Reply(400, UNKNOWN_PATH.format(target.text))
        route = found.routes.get(self.command)
        if not route:
            raise Reply(400, WRONG_METHOD)
        return route, Request(
            desk=self._service.desk,
            limits=self._limits,
            caller=self._caller,
            path=target.path,
            values=found.values,
            query=dict(parse_qsl(target.query)),
            headers=self.headers,
            body=body,
        )

    def _go_on(self) -> None:
        if self._awaited:
            self._writer.go_on()

    def _answer(self, answer: AnyAnswer) -> None:
        self._send(answer)
        if self.close_connection:
            self._linger(self._limits.linger_pace)

    def _send(self, answer: AnyAnswer) -> None:
        self._answering = True
        if self._is_unread() or self._service.lanes.crowded or isinstance(answer, StreamAnswer):
            self.close_connection = True
        version = "HTTP/1.0" if self.request_version == "HTTP/1.0" else "HTTP/1.1"
        manner = Manner(version, self.close_connection, bare=self.command == "HEAD")
        self._writer.send(answer, manner)

    def _linger(self, pace: Pace) -> None:
        """Nobody loses an answer because it was still sending when we closed."""
        self.connection.shutdown(socket.SHUT_WR)
        self._paced.expect(pace)
        while self._is_unread() and self._source.read1():
            pass

    def _is_unread(self) -> bool:
        return not self._body or not self._body.finished


def _guarded(answer: AnyAnswer) -> AnyAnswer:
    """The pieces of a stream are made while it is sent: a fault may come late."""

    def pieces(made: Iterator[bytes]) -> Iterator[bytes]:
        with _our_faults_hidden("a stream"):
            yield from made

    if isinstance(answer, StreamAnswer):
        return replace(answer, pieces=pieces(answer.pieces))
    return answer


@contextmanager
def _our_faults_hidden(what: str) -> Iterator[None]:
    try:
        yield
    except SurefootError:
        raise
    except Exception as error:
        # A fault of ours must neither leave the client without an answer nor tell it our insides.
        _log.exception("a fault of ours: %s", what)
        raise SurefootError(INTERNAL) from error
