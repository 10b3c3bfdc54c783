"""From the table of routes to an aiohttp application: authentication, access, errors."""

import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from surefoot.errors import Forbidden, NotFound, SurefootError
from surefoot.hub.frame.call import Call, address_of, require_room
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.limits import network
from surefoot.hub.frame.principal import NOBODY, Kind, Principal
from surefoot.hub.frame.problems import (
    Unauthenticated,
    body_of,
    headers_of,
    status_of,
)
from surefoot.hub.frame.route import Access, Route

log = logging.getLogger(__name__)
Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Who a token stands for now. Raises Unauthenticated when it is void.
Authenticate = Callable[[Hub, str], Awaitable[Principal]]

ADMITTED: dict[Access, frozenset[Kind]] = {
    Access.BLIND: frozenset(Kind),
    Access.OPEN: frozenset(Kind),
    Access.READER: frozenset({Kind.ANONYMOUS, Kind.USER, Kind.DEVICE}),
    Access.MEMBER: frozenset({Kind.USER, Kind.DEVICE}),
    Access.USER: frozenset({Kind.USER}),
    Access.DEVICE: frozenset({Kind.DEVICE}),
}
# The rows that an application serves.
TABLE: web.AppKey[tuple[Route, ...]] = web.AppKey("TABLE", tuple)
CORS_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_HEADERS = "Authorization, Content-Type"


def build(hub: Hub, routes: Iterable[Route], authenticate: Authenticate) -> web.Application:
    app = web.Application(client_max_size=1 << 62)  # bounded by each route
    app[TABLE] = tuple(routes)
    for path in dict.fromkeys(route.path for route in app[TABLE]):
        rows = [route for route in app[TABLE] if route.path == path]
        for form in _forms(path):
            _add(app, form, {row.method: _endpoint(hub, row, authenticate) for row in rows})
    app.router.add_route("*", "/{anything:.*}", _unknown(hub), expect_handler=_expect)
    return app


def _add(app: web.Application, path: str, endpoints: dict[str, Endpoint]) -> None:
    """One resource a path: fewer to try. Whoever may GET may ask for the HEAD alone."""
    resource = app.router.add_resource(path)
    if "GET" in endpoints:
        endpoints = {"HEAD": endpoints["GET"], **endpoints}
    for method, endpoint in endpoints.items():
        resource.add_route(method, endpoint, expect_handler=_expect)


async def _expect(request: web.Request) -> None:
    """Asks for the body of a caller that waits to be asked (RFC 9110 10.1.1), and passes over
    expectations that nobody has defined."""
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # What counts is the answer: a failure after this is still told.
        request.writer.output_size = 0


def _forms(path: str) -> list[str]:
    """With and without a trailing slash, never by a redirect: that would lose a body."""
    return [path, f"{path}/"] if path != "/" else ["/"]


def _endpoint(hub: Hub, route: Route, authenticate: Authenticate) -> Endpoint:
    is_blind = route.access is Access.BLIND

    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            who = NOBODY if is_blind else await _who(hub, request, authenticate)
            _admit(route, who)
            _require_room(hub, request, who)
            response = await route.handler(Call(hub, route, request, who))
        except SurefootError as error:
            response = problem(hub, request, error)
        except Exception:  # the edge: a slip of ours is logged, and answered as JSON
            log.exception("%s %s failed", request.method, request.path)
            response = problem(hub, request, SurefootError("The Hub has a fault; try again"))
        if "Origin" in request.headers and not response.prepared:
            _allow_origin(request, response)
        return response

    return endpoint


async def _who(hub: Hub, request: web.Request, authenticate: Authenticate) -> Principal:
    given = request.headers.get("Authorization")
    if given is None:
        return NOBODY
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Only bearer tokens are taken; log in first")
    return await authenticate(hub, token.strip())


def _admit(route: Route, who: Principal) -> None:
    """Without a token always 401, never 403: pvr depends on it (hub-wire 2.4)."""
    if who.kind in ADMITTED[route.access]:
        return
    if who.kind is Kind.NOBODY:
        raise Unauthenticated("Log in first")
    raise Forbidden(f"This is not for a caller that is logged in as {who.kind.value}")


def _require_room(hub: Hub, request: web.Request, who: Principal) -> None:
    """Raises TooMany. Whoever has a name is counted by it, the others by where they are."""
    limits = hub.limits
    if who.kind is Kind.DEVICE or who.kind is Kind.USER:
        key, rate = who.id, limits.device_rate if who.kind is Kind.DEVICE else limits.account_rate
    else:
        key, rate = network(address_of(hub, request)), limits.address_rate
    require_room(hub, key, rate)


def problem(hub: Hub, request: web.Request, error: SurefootError) -> web.Response:
    status = status_of(error)
    if status >= 500:
        log.warning("%s %s: %s", request.method, request.path, error)
    auth_endpoint = f"{hub.urls.of(request.secure)}/auth"
    headers = headers_of(error, auth_endpoint)
    return web.Response(
        body=body_of(error, status), status=status, headers=headers, content_type="application/json"
    )


def _allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Vary"] = "Origin"


def _unknown(hub: Hub) -> Endpoint:
    async def unknown(request: web.Request) -> web.StreamResponse:
        if request.method == "OPTIONS" and "Origin" in request.headers:
            response = web.Response(status=200)
            _allow_origin(request, response)
            response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
            response.headers["Access-Control-Allow-Headers"] = CORS_HEADERS
            response.headers["Access-Control-Max-Age"] = "3600"
            return response
        return problem(hub, request, NotFound(f"There is no {request.method} {request.path} here"))

    return unknown
