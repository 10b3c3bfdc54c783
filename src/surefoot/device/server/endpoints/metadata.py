"""User and device metadata: flat keys with text values. One key is written, all are read."""

from surefoot.device.server.desk import Reply
from surefoot.device.server.message import OK, Answer, Request, known_as
from surefoot.device.server.views import compact
from surefoot.errors import NotFound

BAD_VALUE = "Cannot add or update {} meta"
NO_KEY = "{} meta does not exist"


def list_user(request: Request) -> Answer:
    return Answer(body=compact(request.desk.user_meta()))


def put_user(request: Request) -> Answer:
    request.desk.user_meta_put(request.values["key"], _value(request, "user"))
    return OK


def delete_user(request: Request) -> Answer:
    with known_as(NotFound, 404, NO_KEY.format("User")):
        request.desk.user_meta_delete(request.values["key"])
    return OK


def list_device(request: Request) -> Answer:
    return Answer(body=compact(request.desk.device_meta()))


def put_device(request: Request) -> Answer:
    request.desk.device_meta_put(request.values["key"], _value(request, "device"))
    return OK


def delete_device(request: Request) -> Answer:
    with known_as(NotFound, 404, NO_KEY.format("Device")):
        request.desk.device_meta_delete(request.values["key"])
    return OK


def _value(request: Request, whose: str) -> str:
    value = request.small_body()
    if not value:
        raise Reply(400, BAD_VALUE.format(whose), reason="there is no value in the body")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Reply(400, BAD_VALUE.format(whose), reason="it is not UTF-8 text") from None
