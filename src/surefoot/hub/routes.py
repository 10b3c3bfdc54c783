"""The whole API: every row of every room. What is not in here is not served."""

from surefoot.hub.accounts.routes import ROUTES as ACCOUNTS
from surefoot.hub.devices.routes import ROUTES as DEVICES
from surefoot.hub.frame.route import Route
from surefoot.hub.logs.routes import ROUTES as LOGS
from surefoot.hub.objects.routes import ROUTES as OBJECTS
from surefoot.hub.trails.routes import ROUTES as TRAILS

# Fixed paths before patterns that would take them: aiohttp asks in this order.
ROUTES: tuple[Route, ...] = (*ACCOUNTS, *DEVICES, *TRAILS, *OBJECTS, *LOGS)
