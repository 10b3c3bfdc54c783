"""The control socket `pv-ctrl`: HTTP on a UNIX socket, for clients on the device.

The room translates between bytes and a `Desk`: it parses, checks who asks, streams, encodes, and
decides nothing about updates or containers. It never touches the agent's state: whatever it needs
it asks the desk, from threads of its own.

Words: a *desk* answers for the agent; a *caller* is the container (or the host) that a process at
the other end belongs to; a *route* is one method on one path, a row of the one table `ROUTES`; a
*lane* bounds how many requests of one sort are served at once; a *reply* is an error whose status
and text clients know by heart.

Read `desk.py` first, then `routes.py`, `message.py`, `connection.py`, `control.py`.
"""

from surefoot.device.server.control import ControlServer
from surefoot.device.server.desk import Action, Caller, Desk, Objects, Op, Receiver, Reply
from surefoot.device.server.limits import Limits, Pace
from surefoot.device.server.views import (
    ConfigView,
    ContainerView,
    DaemonView,
    GroupView,
    RecoveryView,
    StepView,
)

__all__ = [
    "Action",
    "Caller",
    "ConfigView",
    "ContainerView",
    "ControlServer",
    "DaemonView",
    "Desk",
    "GroupView",
    "Limits",
    "Objects",
    "Op",
    "Pace",
    "Receiver",
    "RecoveryView",
    "Reply",
    "StepView",
]
