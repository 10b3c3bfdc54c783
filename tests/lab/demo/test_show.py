"""The demonstration with a real device and a real Hub. The whole: `tests/cli/test_demo.py`."""

import dataclasses
import os
import shutil
from collections.abc import Iterator

import pytest

from surefoot.errors import NotFound
from surefoot.lab.demo import garbage
from surefoot.lab.demo import show as module
from surefoot.lab.demo.rows import DONE
from surefoot.lab.demo.show import show
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import SCENES, Act, Scene
from tests.lab.demo.conftest import PROCESS
from tests.lab.demo.spectator import Spectator

pytestmark = pytest.mark.skipif(
    not (shutil.which("mksquashfs") and shutil.which("unsquashfs")),
    reason="needs squashfs-tools",
)

GOOD = SCENES[0]
DAMAGE = next(scene for scene in SCENES if scene.act is Act.DAMAGE)
# Damage comes after revisions that this short story does not have.
SHORT = dataclasses.replace(DAMAGE, runs="1", point="0")


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> list[Stage]:
    """What a show has put up, to look at what is left of it."""
    made: list[Stage] = []

    class Noted(Stage):
        def __init__(self, *things: object) -> None:
            super().__init__(*things)
            made.append(self)

    monkeypatch.setattr(module, "Stage", Noted)
    return made


def plays(monkeypatch: pytest.MonkeyPatch, *scenes: Scene) -> None:
    monkeypatch.setattr(module, "SCENES", scenes)


def told(audience: Spectator, **settings: str) -> list[str]:
    return show(audience, os.environ, {**PROCESS, **settings})


def assert_nothing_is_left(stage: Stage) -> None:
    assert stage.device.leftovers() == []
    assert stage.hub.process is None
    assert not stage.place.exists()


def test_a_story_that_goes_as_it_is_written_has_no_difference(
    monkeypatch: pytest.MonkeyPatch, stages: list[Stage], audience: Spectator
) -> None:
    plays(monkeypatch, GOOD, SHORT)
    assert told(audience) == []
    rows = [row for scene in (GOOD, SHORT) for row in scene.steps[0].rows]
    messages = [message for _, message in rows]
    assert [entry.message for entry in audience.entries] == ["Factory revision", *messages]
    assert [(one.revision, one.on_device, one.at_hub) for one in audience.remembered] == [
        ("1", "UPDATED", "UPDATED"),
        ("locals/damaged", "WONTGO", ""),
    ]
    assert any("containers are run by process" in text for text in audience.said)
    assert [words.split()[0] for words in audience.commands] == [
        *("hub", "hub", "hub", "login", "claim", "devices", "post")
    ]
    refused = len(garbage.AT_THE_SOCKET) + len(garbage.AT_THE_HUB) + 1
    assert sum(": 4" in text for text in audience.said) == refused
    assert_nothing_is_left(stages[0])


def test_whatever_is_not_as_the_script_says_is_found_and_said(
    monkeypatch: pytest.MonkeyPatch, stages: list[Stage], audience: Spectator
) -> None:
    step = dataclasses.replace(GOOD.steps[0], rows=(DONE,), starts=2, log="moon")
    monkeypatch.setattr("surefoot.lab.demo.look._REPORT_S", 0.0)
    wrong = dataclasses.replace(GOOD, steps=(step,), runs="0", point="1", keeps=("app",))
    plays(monkeypatch, wrong)
    found = told(audience)
    assert found == audience.differences
    text = "\n".join(found)
    assert "the record of 1 is ['QUEUED" in text
    assert "of 1 the Hub told ['NEW'" in text
    assert "of 1 the Hub holds UPDATED" in text
    assert "of 1 the Hub holds retries 1, not 2" in text
    assert "log lines of 1 are (), without 'moon'" in text
    assert "1 runs, not 0" in text
    assert "the rollback point is 0, not 1" in text
    assert "the boot file says 0, not 1" in text
    assert "what really runs is" in text
    assert "init of app was " in text
    assert_nothing_is_left(stages[0])


def test_a_show_that_is_broken_off_still_takes_all_down(
    monkeypatch: pytest.MonkeyPatch, stages: list[Stage], audience: Spectator
) -> None:
    plays(monkeypatch)

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("surefoot.lab.demo.begin._first_sync", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        told(audience)
    assert_nothing_is_left(stages[0])


def test_a_show_that_takes_too_long_says_what_the_device_said(
    monkeypatch: pytest.MonkeyPatch, stages: list[Stage], audience: Spectator
) -> None:
    """peers 3: hub.mender.io/t/8299."""
    monkeypatch.setattr("surefoot.lab.demo.begin._hub", lambda stage: iter(()))

    def waits(stage: Stage) -> Iterator[str]:
        stage.left_s = lambda: 0.0
        yield str(stage.until(lambda: "", "the moon"))

    monkeypatch.setattr("surefoot.lab.demo.begin._claim", waits)
    found = told(audience, SUREFOOT_RUNTIME="no such runtime")
    assert found == ["the show ended early: waited in vain for the moon"]
    (words,) = (text for text in audience.said if "the end of" in text)
    assert "no such runtime" in words
    assert_nothing_is_left(stages[0])


def test_without_the_tools_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, stages: list[Stage], audience: Spectator
) -> None:
    monkeypatch.setattr("surefoot.lab.images.shutil.which", lambda _: None)
    with pytest.raises(NotFound, match="install squashfs-tools"):
        told(audience)
    assert (stages[0].device.loop, stages[0].hub.process) == (None, None)
    assert audience.commands == []
