"""POST /commands: answered 200 only once the command is stored durably (R13)."""

from surefoot.device.server.desk import Op, Reply
from surefoot.device.server.endpoints.containers import parsed_object
from surefoot.device.server.message import NO_SUCH_RESOURCE, OK, Answer, Request, known_as
from surefoot.errors import NotFound

BAD_COMMAND = "Command has bad format"


def post(request: Request) -> Answer:
    asked = parsed_object(request.small_body(), BAD_COMMAND)
    payload = asked.get("payload")
    try:
        op = Op(str(asked.get("op")))
    except ValueError:
        raise Reply(400, BAD_COMMAND) from None
    if not isinstance(payload, str):
        raise Reply(400, BAD_COMMAND)
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        accepted = request.desk.command(op, payload)
    return OK if accepted else Answer(204)
