"""The beginning, where it does not go as it should. As it should: `test_show.py`."""

import signal

import pytest

from surefoot.lab.demo import begin
from surefoot.lab.demo.desk import Desk, Running
from surefoot.lab.demo.stage import Stage
from surefoot.lab.line import GOOD


class Printed(Running):
    """A command that has printed these lines, and ends as it is told."""

    def __init__(self, *lines: str, code: int = 0) -> None:
        self.words, self.lines, self.code = ("watch",), list(lines), code

    def wait(self, seconds: float = 0) -> int:
        return self.code

    def end(self, how: signal.Signals) -> int:
        return -how


def prints(monkeypatch: pytest.MonkeyPatch, *lines: str, code: int = 0) -> None:
    monkeypatch.setattr(Desk, "begin", lambda *words, **more: Printed(*lines, code=code))


def test_a_first_sync_goes_from_syncing_to_the_factory_revision(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R19."""
    prints(
        monkeypatch,
        "06:51:34Z  kitchen    SYNCING",
        "06:51:36Z  kitchen  0  DONE  Factory revision",
    )
    assert list(begin._first_sync(stage)) == []
    assert stage.line.condition == GOOD


def test_a_first_sync_that_never_comes_is_a_difference(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.left_s = lambda: 0.0
    prints(monkeypatch, "06:51:34Z  kitchen    SYNCING")
    (text,) = begin._first_sync(stage)
    assert text.startswith("waited in vain for the first sync: `surefoot watch` printed ")


def test_a_claim_must_be_of_the_device_that_was_meant(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.device.run.mkdir()
    (stage.device.run / "challenge").write_text("simply-brave-otter\n")
    (stage.device.run / "device-id").write_text("5" * 24)
    prints(monkeypatch, f"claimed kitchen ({'5' * 24})")
    assert list(begin._claim(stage)) == []
    assert stage.nick == "kitchen"
    prints(monkeypatch, f"claimed garage ({'6' * 24})", code=3)
    assert len(list(begin._claim(stage))) == 2
