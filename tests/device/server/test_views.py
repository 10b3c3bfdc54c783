"""The shapes, against what the reference's socket really answered (tests/data/socket)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.device.server import views
from surefoot.device.server.views import (
    ConfigView,
    ContainerView,
    DaemonView,
    GroupView,
    RecoveryView,
    StepView,
)

DATA = Path(__file__).parents[2] / "data" / "socket"


def recorded(file: str, request: str) -> list[str]:
    exchanges = json.loads((DATA / file).read_text())
    return [each["answer"] for each in exchanges if each["request"] == request]


def container(raw: dict[str, object]) -> ContainerView:
    known = dict(raw)
    if recovery := known.pop("auto_recovery", None):
        assert isinstance(recovery, dict)
        stable = recovery.pop("is_stable") == "true"
        known["auto_recovery"] = RecoveryView(**recovery, is_stable=stable)
    known["user_stopped"] = known.pop("user_stopped", "false") == "true"
    return ContainerView(**known)  # type: ignore[arg-type]


def group(raw: dict[str, object]) -> GroupView:
    recovery = raw.pop("auto_recovery", None)
    view = RecoveryView(**recovery) if isinstance(recovery, dict) else None
    return GroupView(**raw, auto_recovery=view)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("file", "request_line", "make", "encode"),
    [
        ("socket.json", "GET /containers", container, views.containers),
        ("socket-default-groups.json", "GET /containers", container, views.containers),
        ("socket.json", "GET /groups", group, views.groups),
        ("socket-default-groups.json", "GET /groups", group, views.groups),
        ("socket.json", "GET /config2", lambda raw: ConfigView(**raw), views.config2),
        ("socket.json", "GET /daemons", lambda raw: DaemonView(**raw), views.daemons),
        (
            "socket.json",
            "GET /objects",
            lambda raw: (raw["sha256"], int(raw["size"])),
            views.objects,
        ),
    ],
)
def test_a_recorded_list_comes_out_byte_for_byte_as_it_went_in(
    file: str,
    request_line: str,
    make: Callable[[dict[str, object]], object],
    encode: Callable[[list[object]], bytes],
) -> None:
    answers = recorded(file, request_line)
    assert answers
    for answer in answers:
        assert encode([make(raw) for raw in json.loads(answer)]).decode() == answer


def test_the_recorded_list_of_steps_comes_out_byte_for_byte_with_its_blanks() -> None:
    (answer,) = recorded("socket.json", "GET /steps")
    (step,) = json.loads(answer)
    (progress,) = recorded("socket.json", "GET /steps/0/progress")
    view = StepView(step["name"], step["date"], step["commitmsg"], progress.encode())
    assert views.steps([view]).decode() == answer


def test_several_steps_are_one_json_array_whatever_their_messages_hold() -> None:
    message = 'say "hi"\n\t\\ ü'
    shown = views.steps(
        [StepView("0", "d", message, b""), StepView("locals/x", "d", "", b'{"a":1}')]
    )
    assert json.loads(shown) == [
        {"name": "0", "date": "d", "commitmsg": message, "progress": {}},
        {"name": "locals/x", "date": "d", "commitmsg": "", "progress": {"a": 1}},
    ]
    assert b"\n" not in shown


@pytest.mark.parametrize("request_line", ["GET /config", "GET /device-meta", "GET /wakelocks"])
def test_other_recorded_bodies_survive_our_writer(request_line: str) -> None:
    for answer in recorded("socket.json", request_line):
        assert views.compact(json.loads(answer)).decode() == answer


def test_only_a_container_that_may_be_stopped_says_whether_it_was() -> None:
    shown = json.loads(
        views.containers(
            [
                ContainerView("a", "g", "STOPPED", "STARTED", "container", user_stopped=True),
                ContainerView("b", "g", "STARTED", "STARTED", "system"),
            ]
        )
    )
    assert shown[0]["user_stopped"] == "true"
    assert "user_stopped" not in shown[1]


def test_what_is_no_text_cannot_break_an_answer() -> None:
    assert views.compact({"k": "\ud800"}) == b'{"k":"?"}'
