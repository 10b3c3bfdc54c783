"""Every path of the socket: one row a method, in one table.

The server looks up here, the reference page is printed from here, the tests walk it. A row says
who may ask (R26), in which lane the request is served, which handler answers, and which answers
besides 200 a client can meet (the general ones are in `reference.py`). `ours` marks what the
reference does not have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from surefoot.device.commands import BAD_ACTION, NO_CONTAINER, SYSTEM_POLICY
from surefoot.device.server.endpoints import (
    commands,
    containers,
    facts,
    metadata,
    objects,
    steps,
    streams,
)
from surefoot.device.server.message import (
    BAD_CHECKSUM,
    NO_ROOM,
    NO_SUCH_RESOURCE,
    AnyAnswer,
    Request,
)


class Who(StrEnum):
    """MGMT: the host and containers with the role `mgmt`. ANY: every container as well."""

    MGMT = "mgmt"
    ANY = "any"


class Lane(StrEnum):
    """REFUSAL: a connection that was turned away unread, and may still be sending."""

    COMMAND = "command"
    TRANSFER = "transfer"
    STREAM = "stream"
    REFUSAL = "refusal"


@dataclass(frozen=True)
class Route:
    """`{place}` in the pattern stands for one segment of the path, taken literally."""

    method: str
    pattern: str
    handler: Callable[[Request], AnyAnswer]
    summary: str
    body: str = ""
    answers: tuple[tuple[int, str], ...] = ()
    who: Who = Who.MGMT
    lane: Lane = Lane.COMMAND
    ours: bool = False


_NOT_THERE = (404, NO_SUCH_RESOURCE)
_STEP_NAME = (400, steps.BAD_NAME)
_OBJECT_NAME = (400, objects.BAD_NAME)
_BAD_VALUE = metadata.BAD_VALUE.format
_NO_KEY = metadata.NO_KEY.format

# Literal segments stand before places: the first row whose pattern fits is the path's.
ROUTES: tuple[Route, ...] = (
    Route("GET", "/containers", containers.list_all, "All containers, with status and goal."),
    Route(
        "PUT",
        "/containers/{name}",
        containers.put,
        "Starts, stops or restarts one container.",
        body='`{"action":"start"}`, `stop` or `restart`',
        answers=(
            (404, NO_CONTAINER),
            (403, SYSTEM_POLICY),
            (400, BAD_ACTION),
        ),
    ),
    Route("GET", "/groups", containers.list_groups, "All groups in start order, with status."),
    Route(
        "POST",
        "/signal",
        containers.signal,
        "A container tells that it is ready.",
        body='`{"type":"ready","payload":""}`',
        answers=((400, containers.BAD_SIGNAL), (500, containers.UNEXPECTED_SIGNAL)),
        who=Who.ANY,
    ),
    Route(
        "POST",
        "/commands",
        commands.post,
        "One command at a time; 200 once it is stored durably.",
        body='`{"op":"LOCAL_RUN","payload":"locals/NAME"}`',
        answers=(
            (204, "(no body: it is already so)"),
            (400, commands.BAD_COMMAND),
            _NOT_THERE,
            (409, "(the present state forbids it; the text says why)"),
            (503, "A command is already in progress. Try again"),
        ),
    ),
    Route("GET", "/objects", objects.list_all, "Sum and size of each object."),
    Route(
        "GET",
        "/objects/{sha}",
        objects.get,
        "The bytes of one object.",
        answers=(_OBJECT_NAME,),
        lane=Lane.TRANSFER,
    ),
    Route(
        "PUT",
        "/objects/{sha}",
        objects.put,
        "Stores one object of any size; one that is there already is checked and healed.",
        body="the bytes",
        answers=(_OBJECT_NAME, (422, BAD_CHECKSUM), (507, NO_ROOM)),
        lane=Lane.TRANSFER,
    ),
    Route("GET", "/steps", steps.list_all, "All revisions with date, message and progress."),
    Route(
        "GET",
        "/steps/locals/{name}",
        steps.get,
        "The state JSON of a local revision.",
        answers=(_NOT_THERE,),
    ),
    Route(
        "PUT",
        "/steps/locals/{name}",
        steps.put,
        "Checks and stores a local revision; it is not run.",
        body="the state JSON",
        answers=(
            _STEP_NAME,
            (422, steps.BAD_STATE),
            (409, "(it runs, is the rollback point or is in work, and the text is another)"),
            (507, NO_ROOM),
        ),
    ),
    Route(
        "GET",
        "/steps/locals/{name}/progress",
        steps.progress,
        "The progress of a local revision.",
        answers=(_NOT_THERE,),
    ),
    Route(
        "PUT",
        "/steps/locals/{name}/commitmsg",
        steps.put_message,
        "The commit message of a local revision.",
        body="text of at most 256 bytes",
        answers=(_NOT_THERE, (507, NO_ROOM)),
    ),
    Route(
        "GET",
        "/steps/{name}",
        steps.get,
        "The state JSON of a revision; `current` is the running one.",
        answers=(_NOT_THERE,),
    ),
    Route(
        "GET",
        "/steps/{name}/progress",
        steps.progress,
        "The progress of a revision; `current` is the running one.",
        answers=(_NOT_THERE,),
    ),
    Route(
        "PUT",
        "/steps/{name}/commitmsg",
        steps.put_message,
        "The commit message of a revision.",
        body="text of at most 256 bytes",
        answers=(_NOT_THERE, (507, NO_ROOM)),
    ),
    Route("GET", "/user-meta", metadata.list_user, "All user metadata."),
    Route(
        "PUT",
        "/user-meta/{key}",
        metadata.put_user,
        "Sets one key.",
        body="the value, text",
        answers=((400, _BAD_VALUE("user")),),
    ),
    Route(
        "DELETE",
        "/user-meta/{key}",
        metadata.delete_user,
        "Removes one key.",
        answers=((404, _NO_KEY("User")),),
    ),
    Route("GET", "/device-meta", metadata.list_device, "All device metadata."),
    Route(
        "PUT",
        "/device-meta/{key}",
        metadata.put_device,
        "Sets one key.",
        body="the value, text",
        answers=((400, _BAD_VALUE("device")),),
    ),
    Route(
        "DELETE",
        "/device-meta/{key}",
        metadata.delete_device,
        "Removes one key.",
        answers=((404, _NO_KEY("Device")),),
    ),
    Route("GET", "/buildinfo", facts.buildinfo, "What was built into this agent, as text."),
    Route("GET", "/config", facts.config, "The configuration as one flat object."),
    Route("GET", "/config2", facts.config2, "Each key with its value and where it was set."),
    Route("GET", "/drivers", facts.drivers, "Drivers of the caller with their state."),
    Route("PUT", "/drivers/load", facts.load_drivers, "Loads all drivers of the caller."),
    Route("PUT", "/drivers/unload", facts.unload_drivers, "Unloads all drivers of the caller."),
    Route("PUT", "/drivers/{name}/load", facts.load_drivers, "Loads one driver of the caller."),
    Route("PUT", "/drivers/{name}/unload", facts.unload_drivers, "Unloads one driver."),
    Route("GET", "/daemons", containers.list_daemons, "Helper processes of the agent."),
    Route(
        "PUT",
        "/daemons/{name}",
        containers.put_daemon,
        "Starts or stops one daemon.",
        body='`{"action":"start"}` or `stop`',
        answers=((404, containers.NO_DAEMON), (400, containers.BAD_DAEMON_ACTION)),
    ),
    Route("GET", "/xconnect-graph", facts.service_graph, "Services between containers: none."),
    Route("GET", "/wakelocks", facts.wakelocks, "What keeps the device awake."),
    Route("POST", "/storage/gc", facts.collect_garbage, 'Frees room: `{"reclaimed": BYTES}`.'),
    Route(
        "GET",
        "/status",
        facts.status,
        "The three pointers, goals, waits, and the id of the newest event.",
        ours=True,
    ),
    Route("GET", "/changes", facts.changes, "The numbered record of all changes.", ours=True),
    Route(
        "GET",
        "/changes/{number}",
        facts.change,
        "One change with its timeline.",
        answers=((400, "Request has bad change number"), _NOT_THERE),
        ours=True,
    ),
    Route(
        "GET",
        "/events",
        streams.events,
        "Server-sent events as they happen; `Last-Event-ID` or `?from=ID` replays all after ID.",
        answers=((400, "Request has bad event id"),),
        lane=Lane.STREAM,
        ours=True,
    ),
    Route(
        "GET",
        "/logs/{name}/{source}",
        streams.log,
        "Log of a container (or `pantavisor`) in a revision; `?tail=N`, `?follow=1`.",
        answers=((400, "Request has bad tail"), _NOT_THERE),
        lane=Lane.STREAM,
        ours=True,
    ),
    Route(
        "GET",
        "/logs/locals/{name}/{source}",
        streams.log,
        "The same for a local revision.",
        answers=((400, "Request has bad tail"), _NOT_THERE),
        lane=Lane.STREAM,
        ours=True,
    ),
)


@dataclass(frozen=True)
class Found:
    """The routes of one path, by method, and what stands in the places."""

    routes: Mapping[str, Route]
    values: Mapping[str, str]


def find(path: str) -> Found | None:
    """What is served at this path; None when nothing is."""
    segments = path.split("/")
    for pattern, routes in _patterns():
        values = _fit(pattern, segments)
        if values is not None:
            return Found(routes, values)
    return None


@cache
def _patterns() -> tuple[tuple[tuple[str, ...], Mapping[str, Route]], ...]:
    by_pattern: dict[str, dict[str, Route]] = {}
    for route in ROUTES:
        by_pattern.setdefault(route.pattern, {})[route.method] = route
    return tuple((tuple(pattern.split("/")), routes) for pattern, routes in by_pattern.items())


def _fit(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    values: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{") and segment:
            values[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return values
