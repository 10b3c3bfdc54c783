"""Garbage that is taken all the same is a difference. That it is refused: `test_show.py`."""

import pytest

from surefoot.lab.demo import garbage
from surefoot.lab.demo.garbage import AT_THE_HUB, AT_THE_SOCKET
from surefoot.lab.demo.stage import Stage
from tests.lab.demo.spectator import Spectator


class Owner:
    def __init__(self, status: int) -> None:
        self.status = status
        self.last = 3

    def last_revision(self, device: str) -> int:
        self.last += self.status == 200
        return self.last

    def overview(self, device: str) -> "Owner":
        self.id = device
        return self

    def send(self, method: str, target: str, body: bytes) -> tuple[int, str]:
        assert "{" not in target
        good = next(one.status for one in AT_THE_HUB if one.body == body)
        return self.status or good, "why"

    def send_object(self, sha: str, data: bytes) -> tuple[int, str]:
        return self.status or garbage.WRONG_BYTES.status, "why"


def offered(stage: Stage, monkeypatch: pytest.MonkeyPatch, status: int, *kept: str) -> list[str]:
    """With a socket that answers `status`, and has `kept` after that; 0 for what it should say."""
    monkeypatch.setattr(garbage, "_put", lambda stage, one: (status or one.status, "why"))
    answers = iter([set(), set(kept)])
    monkeypatch.setattr(garbage, "_on_device", lambda stage: next(answers))
    monkeypatch.setattr(stage, "owner", Owner(status))
    return list(garbage.offer(stage))


def test_what_is_refused_and_not_kept_is_as_it_should_be(
    stage: Stage, audience: Spectator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered(stage, monkeypatch, 0) == []
    for side in ("device", "hub"):
        assert f"{side}: nothing of it is kept" in audience.said


def test_what_is_taken_is_a_difference_each_and_what_is_kept_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = offered(stage, monkeypatch, 200, "locals/garbage")
    assert len(found) == len(AT_THE_SOCKET) + 1 + len(AT_THE_HUB) + 1 + 1
    assert "the device has kept of refused garbage: locals/garbage" in found
    assert "the Hub has kept of refused garbage: a step" in found


def test_a_blob_that_is_kept_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = stage.hub.data / "blobs"
    blobs.mkdir(parents=True)

    def send_object(sha: str, data: bytes) -> tuple[int, str]:
        (blobs / sha).write_bytes(data)
        return garbage.WRONG_BYTES.status, "why"

    monkeypatch.setattr(Owner, "send_object", staticmethod(send_object))
    (text,) = offered(stage, monkeypatch, 0)
    assert text == f"the Hub has kept of refused garbage: {'0' * 64}"


def test_the_reason_of_a_refusal_is_told_without_its_wrapping() -> None:
    assert garbage._words(b'{"Error":"Parser: bad","Reason":"no key"}') == "no key"
    assert garbage._words(b'{"Error":"bad checksum"}') == "bad checksum"
