"""The whole demonstration: device and Hub in a temporary directory, all scenes, nothing left."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from surefoot.client.desk.steps import View
from surefoot.errors import SurefootError
from surefoot.lab.demo import compare
from surefoot.lab.demo.audience import Audience, Record, Side
from surefoot.lab.demo.begin import set_up
from surefoot.lab.demo.play import play
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import SCENES, Step

LIMIT_S = 170.0
"""Of the whole: a demonstration that hangs must say so."""

_LOG_LINES = 20


def show(audience: Audience, environ: Mapping[str, str], settings: Mapping[str, str]) -> list[str]:
    """What differed from the script; empty when all was as it must be. Leaves nothing behind.

    `environ`: for the commands of the desk. `settings`: further settings of the agent, as
    `SUREFOOT_RUNTIME`. Raises NotFound when a tool to build images with is missing.
    """
    ends = time.monotonic() + LIMIT_S
    found = _Differences(audience)
    with tempfile.TemporaryDirectory(prefix="surefoot-demo-") as name:
        place = Path(name)
        left_s = lambda: max(1.0, ends - time.monotonic())  # noqa: E731
        stage = Stage(place, audience, left_s, environ, settings)
        with stage.line:
            try:
                found.take(_scenes(stage))
                found.take(_records(stage))
            except SurefootError as error:
                if stage.hub.process is None and stage.device.loop is None:
                    raise
                found.take([f"the show ended early: {error}"])
                audience.says(Side.DEVICE, _own_words(stage))
                audience.says(Side.HUB, stage.hub.said())
            finally:
                found.take(_stop(stage))
    if place.exists():
        found.take([f"{place} is left behind"])
    return found.texts


class _Differences:
    """Each is told as soon as it is found."""

    def __init__(self, audience: Audience) -> None:
        self.texts: list[str] = []
        self._audience = audience

    def take(self, found: Iterable[str]) -> None:
        for text in found:
            self._audience.differs(text)
            self.texts.append(text)


def _scenes(stage: Stage) -> Iterator[str]:
    title = "A Hub, and a new device that becomes its owner's"
    stage.audience.act("0", title, "it boots its factory revision, registers, is claimed, syncs")
    yield from set_up(stage)
    for scene in SCENES:
        stage.audience.act(scene.number, scene.title, scene.what)
        yield from play(stage, scene)


def _records(stage: Stage) -> Iterator[str]:
    """The story once more, as the device and the Hub remember it."""
    stage.audience.act("", "The same story, as device and Hub remember it", "")
    changes = {str(change["revision"]): change for change in stage.changes()}
    steps = [step for scene in SCENES for step in scene.steps]
    posted = [step for step in steps if not step.is_local]
    views = dict(zip(posted, stage.views(*posted), strict=True))
    stage.audience.records(
        [_record(step, changes.get(step.revision), views.get(step)) for step in steps]
    )
    told = list(changes)
    wanted = ["0", *(step.revision for step in steps if step.is_run)]
    if told != wanted:
        yield f"the device's record tells of {told}, not of {wanted}"
    for step, view in views.items():
        yield from compare.at_hub(step, view)


def _record(step: Step, change: Mapping[str, Any] | None, view: View | None) -> Record:
    return Record(
        revision=step.revision,
        on_device=change["status"] if change else "",
        at_hub=view.status if view else "",
        message=change["message"] if change else view.message if view else "",
        seconds=_seconds(change) if change else None,
    )


def _seconds(change: Mapping[str, Any]) -> float | None:
    if change["ended"] is None:
        return None
    began, ended = (datetime.fromisoformat(change[key]) for key in ("began", "ended"))
    return (ended - began).total_seconds()


def _own_words(stage: Stage) -> str:
    """For whoever has to find out: the last that the boot loop and the agent have said."""
    logs = sorted(stage.device.storage.logs.rglob("pantavisor.log"))
    told: list[str] = []
    for path in (path for path in (stage.device.output, *logs) if path.exists()):
        told += [
            f"the end of {path}:",
            *path.read_text(errors="replace").splitlines()[-_LOG_LINES:],
        ]
    return "\n".join(told)


def _stop(stage: Stage) -> Iterator[str]:
    stage.desk.end()
    yield from _stop_device(stage)
    if stage.hub.process is not None:
        yield from compare.exit_code("surefoot hub run", stage.hub.stop(), 0)


def _stop_device(stage: Stage) -> Iterator[str]:
    if stage.device.loop is None:
        return
    yield from compare.exit_code("the boot loop", stage.device.stop(), 0)
    for text in stage.device.leftovers():
        yield f"left behind: {text}"
