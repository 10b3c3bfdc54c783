"""Routes of the room `objects`."""

from surefoot.hub.frame.route import Route

ROUTES: tuple[Route, ...] = ()
