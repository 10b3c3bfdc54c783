"""Routes of the room `devices`."""

from surefoot.hub.frame.route import Route

ROUTES: tuple[Route, ...] = ()
