import json

import pytest

from surefoot.client.desk.steps import (
    View,
    changes,
    loaded,
    log_messages,
    post_body,
    state_text,
    view_of,
)
from surefoot.errors import InvalidInput
from surefoot.wire.hub.answers import member_text

BSP = '"#spec":"pantavisor-service-system@1","bsp/run.json":{"initrd":"a","linux":"a"}'
STATE = f'{{{BSP},"bsp/a":"{"0" * 64}"}}'


def test_a_view_takes_what_is_there_and_needs_nothing() -> None:
    assert view_of(None) == view_of({}) == View("NEW", "")
    assert view_of({"status": "CANCEL"}).status == "CANCELLED"
    assert view_of({"status": "SOMETHING", "retries": "x", "downloads": 7}) == View("SOMETHING", "")


def test_a_view_has_what_the_device_told() -> None:
    total = {"total_size": 100, "total_downloaded": 30}
    logs = '{"src":"update","msg":"no room"}\nplain\n\n{"msg":"x"}\n[]'
    body = {"status": "ERROR", "status-msg": "m", "retries": 2, "logs": logs}
    assert view_of({**body, "downloads": {"total": total}}) == View(
        "ERROR", "m", 2, ("update: no room", "plain", "x", "[]"), (100, 30)
    )


@pytest.mark.parametrize("logs", [None, 7, "", "\n"])
def test_no_logs_are_no_messages(logs: object) -> None:
    assert log_messages(logs) == []


def test_a_step_that_is_none_is_refused() -> None:
    for body in (b"[]", b"", b"\xff"):
        with pytest.raises(InvalidInput):
            loaded(body)


def test_the_state_of_a_step_is_its_text() -> None:
    assert state_text(b'{"rev":1, "state": {"a" : 1.0}}') == '{"a" : 1.0}'
    assert state_text(b"{}") == "{}"


def test_changes_are_by_file_and_none_where_a_state_is_no_good() -> None:
    other = STATE.replace("0" * 64, "1" * 64)
    assert [change.path for change in changes(STATE, other)] == ["bsp/a"]
    assert changes("{}", STATE) == ()


def test_what_is_posted_has_the_state_byte_for_byte_behind_its_scalars() -> None:
    text = '{ "#spec" : "x",\n "n" : 1.50, "ü":"\\u00fc" }'
    body = post_body(7, 'say "hi"', "mark", text)
    assert member_text(body.decode(), "state") == text
    found = json.loads(body)
    assert list(found) == ["rev", "commit-msg", "meta", "state"]
    assert (found["rev"], found["commit-msg"]) == (7, 'say "hi"')
    assert found["meta"] == {"surefoot-post": "mark"}
