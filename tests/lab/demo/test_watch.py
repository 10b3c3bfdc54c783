"""The record of a device that answers, reboots, and goes on."""

from typing import Any

import pytest

from surefoot.client.wait import until_idle
from surefoot.errors import TimedOut, Unreachable
from surefoot.lab.demo.watch import Watch
from tests.lab.demo.spectator import Spectator

IDLE = {"command": None, "update": None, "status": "READY"}
BUSY = {**IDLE, "update": "7"}


def change(*messages: str) -> dict[str, Any]:
    timeline = [
        {"status": "INPROGRESS", "message": message, "cause": "", "since": "2026-11-24T06:51:34Z"}
        for message in messages
    ]
    return {"revision": "7", "number": 1, "timeline": timeline}


class Client:
    """Gives these answers of status and of changes, one after the other; None is silence."""

    def __init__(self, *answers: tuple[Any, Any]) -> None:
        self._answers = list(answers)

    def get(self, target: str) -> Any:
        status, changes = self._answers[0]
        if target == "/status":
            found = status
        else:
            found = changes
            self._answers = self._answers[1:] or self._answers
        if found is None:
            if target == "/status":
                self._answers = self._answers[1:] or self._answers
            raise Unreachable("it reboots")
        return found


def watched(client: Client, left_s: float = 30.0) -> tuple[Watch, Spectator]:
    audience = Spectator()
    return Watch(client, audience, lambda: left_s), audience


def test_each_line_is_told_once_also_over_a_reboot() -> None:
    client = Client(
        (BUSY, [change("one")]),
        (BUSY, [change("one", "two")]),
        (None, None),
        (IDLE, None),
        (IDLE, [change("one", "two", "three")]),
    )
    watch, audience = watched(client)
    assert watch.until(until_idle) == IDLE
    assert [entry.message for entry in watch.seen] == ["one", "two", "three"]
    assert audience.entries == watch.seen


def test_what_was_there_at_the_beginning_is_told_to_nobody() -> None:
    watch, audience = watched(Client((IDLE, [change("old")]), (IDLE, [change("old", "new")])))
    watch.begin().until(until_idle)
    assert [entry.message for entry in audience.entries] == ["new"]


def test_a_device_that_comes_to_no_end_is_given_up_with_what_it_recorded_last() -> None:
    watch, _ = watched(Client((BUSY, [change("one")])), left_s=0.0)
    with pytest.raises(TimedOut, match="it recorded INPROGRESS one of 7 last"):
        watch.until(until_idle)
    silent, _ = watched(Client((None, None)), left_s=0.0)
    with pytest.raises(TimedOut, match="it recorded nothing"):
        silent.until(until_idle)
