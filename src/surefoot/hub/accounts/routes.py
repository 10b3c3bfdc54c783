"""Routes of the room `accounts`."""

from surefoot.hub.frame.route import Route

ROUTES: tuple[Route, ...] = ()
