"""Containers and groups: what they are, how they are, and start, stop, signal."""

import json

from surefoot.device.commands import BAD_ACTION, NO_CONTAINER, SYSTEM_POLICY
from surefoot.device.server import views
from surefoot.device.server.desk import Action, Reply
from surefoot.device.server.message import OK, Answer, Request

BAD_SIGNAL = "Signal has bad format"
UNEXPECTED_SIGNAL = "Signal not expected from this platform"
NO_DAEMON = "Daemon not found"
BAD_DAEMON_ACTION = "Invalid action. Use 'start' or 'stop'"


def list_all(request: Request) -> Answer:
    return Answer(body=views.containers(request.desk.containers()))


def list_groups(request: Request) -> Answer:
    return Answer(body=views.groups(request.desk.groups()))


def put(request: Request) -> Answer:
    name, asked = request.values["name"], request.small_body()
    view = next((view for view in request.desk.containers() if view.name == name), None)
    if not view:
        raise Reply(404, NO_CONTAINER)
    if view.restart_policy != "container":
        raise Reply(403, SYSTEM_POLICY)
    request.desk.container_action(name, _action(asked, BAD_ACTION))
    return OK


def signal(request: Request) -> Answer:
    asked = parsed_object(request.small_body(), BAD_SIGNAL)
    kind, payload = asked.get("type"), asked.get("payload", "")
    if not isinstance(kind, str) or not isinstance(payload, str):
        raise Reply(400, BAD_SIGNAL)
    if not request.desk.signal(request.caller, kind, payload):
        raise Reply(500, UNEXPECTED_SIGNAL)
    return OK


def list_daemons(request: Request) -> Answer:
    return Answer(body=views.daemons(request.desk.daemons()))


def put_daemon(request: Request) -> Answer:
    name, asked = request.values["name"], request.small_body()
    if name not in {view.name for view in request.desk.daemons()}:
        raise Reply(404, NO_DAEMON)
    action = _action(asked, BAD_DAEMON_ACTION)
    if action is Action.RESTART:
        raise Reply(400, BAD_DAEMON_ACTION)
    request.desk.daemon_action(name, action)
    return OK


def parsed_object(text: bytes, complaint: str) -> dict[str, object]:
    """A JSON object. Raises Reply 400 with the complaint."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Reply(400, complaint) from None
    if not isinstance(value, dict):
        raise Reply(400, complaint)
    return value


def _action(text: bytes, complaint: str) -> Action:
    try:
        return Action(str(parsed_object(text, "Invalid JSON").get("action")))
    except ValueError:
        raise Reply(400, complaint) from None
