"""What the device is and did: configuration, build, drivers, storage, status, changes."""

from surefoot.device.server import views
from surefoot.device.server.message import (
    NO_SUCH_RESOURCE,
    OK,
    PLAIN,
    Answer,
    Request,
    known_as,
    whole_number,
)
from surefoot.device.server.views import compact
from surefoot.errors import NotFound


def config(request: Request) -> Answer:
    return Answer(body=compact(request.desk.config()))


def config2(request: Request) -> Answer:
    return Answer(body=views.config2(request.desk.config2()))


def buildinfo(request: Request) -> Answer:
    return Answer(body=request.desk.buildinfo().encode(), content_type=PLAIN)


def drivers(request: Request) -> Answer:
    return Answer(body=compact(request.desk.drivers(request.caller.name)))


def load_drivers(request: Request) -> Answer:
    request.desk.driver_action(request.caller.name, request.values.get("name"), True)
    return OK


def unload_drivers(request: Request) -> Answer:
    request.desk.driver_action(request.caller.name, request.values.get("name"), False)
    return OK


def wakelocks(request: Request) -> Answer:
    return Answer(body=compact(request.desk.wakelocks()))


def service_graph(_request: Request) -> Answer:
    """No services between containers here: the empty graph, not an error (samples/README)."""
    return Answer(body=b"[]")


def collect_garbage(request: Request) -> Answer:
    return Answer(body=b'{"reclaimed": %d}' % request.desk.collect_garbage())


def status(request: Request) -> Answer:
    # The id is taken first: events that come while the status is gathered are told twice, never
    # missed.
    event = request.desk.last_event_id()
    return Answer(body=compact({**request.desk.status(), "event": event}))


def changes(request: Request) -> Answer:
    return Answer(body=compact(request.desk.changes()))


def change(request: Request) -> Answer:
    number = whole_number("change number", request.values["number"])
    with known_as(NotFound, 404, NO_SUCH_RESOURCE):
        return Answer(body=compact(request.desk.change(number)))
