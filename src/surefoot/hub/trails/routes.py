"""Routes of the room `trails`."""

from surefoot.hub.frame.route import Route

ROUTES: tuple[Route, ...] = ()
