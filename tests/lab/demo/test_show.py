"""The demonstration with real devices. The whole of it runs in `tests/cli/test_demo.py`."""

import dataclasses
import shutil

import pytest

from surefoot.lab.demo import show as module
from surefoot.lab.demo.play import Stage
from surefoot.lab.demo.show import show
from surefoot.lab.demo.story import SCENES, UPDATED, Scene
from surefoot.lab.real import RealDevice
from tests.lab.demo.spectator import Spectator

pytestmark = pytest.mark.skipif(
    not (shutil.which("mksquashfs") and shutil.which("unsquashfs")),
    reason="needs squashfs-tools",
)

# Without isolation, so that it runs on every machine.
PROCESS = {"SUREFOOT_RUNTIME": "process"}
DAMAGE = next(scene for scene in SCENES if scene.number == "5")


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> list[RealDevice]:
    """The devices that a show has made, to look at what is left of them."""
    made: list[RealDevice] = []
    made_ready = Stage.__post_init__

    def note(stage: Stage) -> None:
        made_ready(stage)
        made.append(stage.device)

    monkeypatch.setattr(Stage, "__post_init__", note)
    return made


def plays(monkeypatch: pytest.MonkeyPatch, *scenes: Scene) -> None:
    monkeypatch.setattr(module, "SCENES", scenes)


# Damage comes after a rollback point that this short story does not have.
SHORT = dataclasses.replace(DAMAGE, runs="0", point="0")


def test_a_story_that_goes_as_it_is_written_has_no_difference(
    monkeypatch: pytest.MonkeyPatch, devices: list[RealDevice]
) -> None:
    plays(monkeypatch, SHORT)
    audience = Spectator()
    assert show(audience, PROCESS) == []
    assert [entry.message for entry in audience.entries] == [
        "Factory revision",
        "Update ready to be run",
        "State JSON has bad format",
    ]
    assert [change["revision"] for change in audience.changes] == ["0", DAMAGE.revision]
    assert any(text.startswith("containers are run by process") for text in audience.said)
    assert sum(" 422 " in text for text in audience.said) == 3
    assert devices[0].leftovers() == []
    assert not devices[0].storage.root.exists()


def test_whatever_is_not_as_the_script_says_is_found_and_said(
    monkeypatch: pytest.MonkeyPatch, devices: list[RealDevice]
) -> None:
    wrong = dataclasses.replace(
        SHORT, lines=(UPDATED,), runs=DAMAGE.revision, point="locals/base-2"
    )
    plays(monkeypatch, wrong)
    audience = Spectator()
    found = show(audience, PROCESS)
    assert found == audience.differences
    text = "\n".join(found)
    assert f"the record of {DAMAGE.revision} is ['NEW" in text
    assert f"0 runs, not {DAMAGE.revision}" in text
    assert "the rollback point is 0, not locals/base-2" in text
    assert "the boot file says 0, not locals/base-2" in text
    assert "what really runs is" not in text  # both revisions hold the same images
    assert devices[0].leftovers() == []


def test_a_show_that_is_broken_off_still_takes_its_device_down(
    monkeypatch: pytest.MonkeyPatch, devices: list[RealDevice]
) -> None:
    plays(monkeypatch)

    def ctrl_c(_: Stage) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stage, "offer_garbage", ctrl_c)
    monkeypatch.setattr(Stage, "changes", ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        show(Spectator(), PROCESS)
    assert devices[0].leftovers() == []
    assert not devices[0].storage.root.exists()


def test_a_show_that_takes_too_long_says_what_the_device_said(
    monkeypatch: pytest.MonkeyPatch, devices: list[RealDevice]
) -> None:
    """peers 3: hub.mender.io/t/8299."""
    monkeypatch.setattr(module, "LIMIT_S", -1.0)
    monkeypatch.setitem(PROCESS, "SUREFOOT_RUNTIME", "no such runtime")
    audience = Spectator()
    assert show(audience, PROCESS)[0].startswith("the show ended early: ")
    assert "the end of" in audience.said[-1]
    assert "no such runtime" in audience.said[-1]
    assert devices[0].leftovers() == []


def test_without_the_tools_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, devices: list[RealDevice]
) -> None:
    from surefoot.errors import NotFound

    monkeypatch.setattr("surefoot.lab.images.shutil.which", lambda _: None)
    with pytest.raises(NotFound, match="install squashfs-tools"):
        show(Spectator(), PROCESS)
    assert devices[0].loop is None
