"""Routes of the room `logs`."""

from surefoot.hub.frame.route import Route

ROUTES: tuple[Route, ...] = ()
