"""Revisions on the device: their state JSON, progress and commit message (pvr.md 6.1)."""

from surefoot.device.server import views
from surefoot.device.server.desk import Reply
from surefoot.device.server.message import (
    NO_ROOM,
    NO_SUCH_RESOURCE,
    OK,
    Answer,
    Request,
    known_as,
)
from surefoot.errors import InvalidInput, NotFound
from surefoot.revision.names import LOCALS, check_revision_name

BAD_STATE = "Parser: State JSON has bad format"
BAD_NAME = "Request has bad step name"
CURRENT = "current"


def list_all(request: Request) -> Answer:
    return Answer(body=views.steps(request.desk.steps()))


def get(request: Request) -> Answer:
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        return Answer(body=request.desk.step_text(_existing(request)))


def put(request: Request) -> Answer:
    with known_as(InvalidInput, 400, BAD_NAME):
        name = check_revision_name(_name(request))
    text = request.body.read(request.limits.state, request.limits.body_pace)
    with known_as(InvalidInput, 422, BAD_STATE):
        request.desk.step_put(name, text)
    return OK


def progress(request: Request) -> Answer:
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        return Answer(body=request.desk.step_progress(_existing(request)))


def put_message(request: Request) -> Answer:
    name = _existing(request)
    limit = request.limits.commit_message
    message = request.body.read(limit, request.limits.body_pace, Reply(507, NO_ROOM))
    try:
        text = message.decode()
    except UnicodeDecodeError:
        raise Reply(400, "No commit message", reason="it is not UTF-8 text") from None
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        request.desk.step_message_put(name, text)
    return OK


def _name(request: Request) -> str:
    """`7`, `current` or `locals/NAME` as the path has it.

    It is not URL-decoded: `..%2f` can never become a way out of a directory.
    """
    name = request.values["name"]
    return f"{LOCALS}{name}" if request.path.startswith(f"/steps/{LOCALS}") else name


def _existing(request: Request) -> str:
    """A name that no revision can have is one that is not there."""
    name = _name(request)
    with known_as(InvalidInput, 404, NO_SUCH_RESOURCE):
        return name if name == CURRENT else check_revision_name(name)
