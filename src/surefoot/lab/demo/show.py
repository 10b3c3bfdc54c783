"""The whole demonstration: a device in a temporary directory, all scenes, and nothing left."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from surefoot.errors import SurefootError
from surefoot.lab.demo.audience import Audience
from surefoot.lab.demo.play import Stage
from surefoot.lab.demo.story import SCENES, Act

LIMIT_S = 170.0
"""Of the whole: a demonstration that hangs must say so."""

_LOG_LINES = 20


def show(audience: Audience, settings: Mapping[str, str]) -> list[str]:
    """What differed from the script; empty when all was as it must be. Leaves nothing behind.

    `settings`: further settings of the agent, as `SUREFOOT_RUNTIME`. Raises NotFound when a tool
    to build images with is missing.
    """
    ends = time.monotonic() + LIMIT_S
    found = _Differences(audience)
    with tempfile.TemporaryDirectory(prefix="surefoot-demo-") as name:
        place = Path(name)
        stage = Stage(place, audience, lambda: max(1.0, ends - time.monotonic()), settings)
        try:
            found.take(_scenes(stage))
            found.take(_record(stage))
        except SurefootError as error:
            if stage.device.loop is None:
                raise
            found.take([f"the show ended early: {error}"])
            audience.says(_own_words(stage))
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
    stage.audience.act("0", "A new device boots its factory revision", "")
    yield from stage.set_up()
    for scene in SCENES:
        stage.audience.act(scene.number, scene.title, scene.what)
        yield from stage.play(scene)
        if scene.act is Act.DAMAGE:
            stage.audience.says("garbage is not even taken in:")
            yield from stage.offer_garbage()


def _record(stage: Stage) -> Iterator[str]:
    """The story once more, from the device's own record."""
    stage.audience.act("", "The same story, from the device's own record", "")
    changes = stage.changes()
    for change in changes:
        stage.audience.record(change)
    told = [change["revision"] for change in changes]
    wanted = ["0", *(scene.revision for scene in SCENES)]
    if told != wanted:
        yield f"the record tells of {told}, not of {wanted}"


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
    if stage.device.loop is None:
        return
    code = stage.device.stop()
    if code != 0:
        yield f"the boot loop ended with exit code {code}"
    for text in stage.device.leftovers():
        yield f"left behind: {text}"
