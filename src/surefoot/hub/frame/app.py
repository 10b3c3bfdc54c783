"""From the table of routes to an aiohttp application: authentication, access, errors."""

import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from surefoot.errors import Forbidden, NotFound, SurefootError
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.hub import Hub
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
    Access.OPEN: frozenset(Kind),
    Access.READER: frozenset({Kind.ANONYMOUS, Kind.USER, Kind.DEVICE}),
    Access.MEMBER: frozenset({Kind.USER, Kind.DEVICE}),
    Access.USER: frozenset({Kind.USER}),
    Access.DEVICE: frozenset({Kind.DEVICE}),
}
CORS_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_HEADERS = "Authorization, Content-Type"


def build(hub: Hub, routes: Iterable[Route], authenticate: Authenticate) -> web.Application:
    app = web.Application(client_max_size=1 << 62)  # bounded by each route
    for route in routes:
        endpoint = _endpoint(hub, route, authenticate)
        for path in _forms(route.path):
            app.router.add_route(route.method, path, endpoint)
    app.router.add_route("*", "/{anything:.*}", _unknown(hub))
    return app


def _forms(path: str) -> list[str]:
    """With and without a trailing slash, never by a redirect: that would lose a body."""
    return [path, f"{path}/"] if path != "/" else ["/"]


def _endpoint(hub: Hub, route: Route, authenticate: Authenticate) -> Endpoint:
    async def endpoint(request: web.Request) -> web.StreamResponse:
        try:
            who = await _who(hub, request, authenticate)
            _admit(route, who)
            response = await route.handler(Call(hub, route, request, who))
        except SurefootError as error:
            response = problem(hub, request, error)
        except Exception:  # noqa: BLE001 - the edge: a slip of ours is logged, and answered as JSON
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
