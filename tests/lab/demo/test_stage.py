from pathlib import Path

import pytest

from surefoot.errors import TimedOut
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import FIRST, SCENES
from surefoot.wire.progress import PERCENT, Progress, Status
from tests.lab.demo.spectator import Spectator

STEP = SCENES[0].steps[0]


def test_settings_of_the_caller_and_of_the_story_reach_the_device(stage: Stage) -> None:
    settings = stage.device.settings
    assert settings["SUREFOOT_RUNTIME"] == "process"
    assert settings["PV_UPDATER_COMMIT_DELAY"] == "3"
    assert settings["PH_CREDS_PORT"] == str(stage.line.port)


def test_the_device_is_at_the_far_end_of_the_line_and_the_owner_near_the_hub(
    stage: Stage,
) -> None:
    assert stage.line.target == stage.hub.port
    assert stage.hub.public_url.endswith(f":{stage.line.port}")
    assert stage.hub.url.endswith(f":{stage.hub.port}")


def test_commands_name_checkouts_as_one_types_them(
    stage: Stage, audience: Spectator, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = stage.place / "checkouts" / "app-2"
    monkeypatch.setattr(stage, "checkout", lambda name, contents: checkout)
    stage.nick = "kitchen"
    assert stage.post(STEP, waits=True).wait() == 3
    assert audience.commands == ["post checkouts/app-2 kitchen --wait"]
    assert list(stage.run("devices")) == ["`surefoot devices` ended with 3, not 0"]


def test_a_wait_ends_with_the_time_of_the_whole(stage: Stage) -> None:
    assert stage.until(lambda: "moon", "the moon") == "moon"
    stage.left_s = lambda: 0.05
    with pytest.raises(TimedOut, match="waited in vain for the moon"):
        stage.until(lambda: "", "the moon")


@pytest.mark.parametrize("status", [Status.QUEUED, Status.TESTING, Status.ERROR])
def test_how_far_a_step_is_comes_from_the_disk(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    assert stage.reached(STEP) == -1
    progress = Progress(status, "", PERCENT[status])
    monkeypatch.setattr(stage.device, "progress", {STEP.revision: progress}.get)
    assert stage.reached(STEP) == PERCENT[status]


def test_only_what_the_device_lacks_counts_as_missing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _checkout(stage.place / "checkouts" / STEP.name)
    sizes = {path.name: path.stat().st_size for path in place.rglob("kernel.img")}
    there: list[dict[str, str]] = []
    monkeypatch.setattr(stage.device.client, "get", lambda target: there)
    everything = stage.lacking(STEP)
    assert everything >= sizes["kernel.img"] > 0
    monkeypatch.setattr(stage.device.client, "get", lambda target: _all_of(place))
    assert stage.lacking(STEP) == 0


def _checkout(place: Path) -> Path:
    from surefoot.lab.checkouts import write

    return write(place, place.parent / "images", {}, FIRST.kernel)


def _all_of(place: Path) -> list[dict[str, str]]:
    from surefoot.client.checkout import open_source

    return [{"sha256": sha} for sha in open_source(place).sizes]
