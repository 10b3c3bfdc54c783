"""Looks at what really is after a scene: processes, boot file, record, and the Hub."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from surefoot.lab.demo import compare
from surefoot.lab.demo.audience import Side
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import Scene, Step, by_revision

_REPORT_S = 20.0
"""A report that could not be sent comes after a pause (R18)."""
_LOOK_S = 0.2


def compare_runs(stage: Stage, runs: str, point: str, status: Mapping[str, Any]) -> Iterator[str]:
    """The record, the boot file and the processes must tell the same."""
    found = stage.device.versions()
    wanted = by_revision()[runs].versions()
    shown = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    running, rollback = status["running"], status["rollback_point"]
    stage.says(Side.DEVICE, f"runs {running} ({shown}), rollback point {rollback}")
    if running != runs:
        yield f"{running} runs, not {runs}"
    if rollback != point:
        yield f"the rollback point is {rollback}, not {point}"
    if stage.device.pv_rev() != point:
        yield f"the boot file says {stage.device.pv_rev()}, not {point}"
    if found != wanted:
        yield f"what really runs is {found}, not {wanted}"


def compare_pids(stage: Stage, scene: Scene, before: dict[str, int]) -> Iterator[str]:
    after = stage.device.pids()
    found = list(compare.pids(scene.keeps, before, after))
    yield from found
    for name in scene.keeps if not found else ():
        stage.says(Side.DEVICE, f"{name} was not touched: its init is still {after[name]}")


def compare_hub(stage: Stage, step: Step) -> Iterator[str]:
    """What the Hub holds of it, once the device has told; that may be a little later."""
    deadline = time.monotonic() + _REPORT_S
    (view,) = stage.views(step)
    while found := list(compare.at_hub(step, view)):
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK_S)
        (view,) = stage.views(step)
    text = f"the Hub holds revision {step.revision}: {view.status}"
    stage.says(Side.HUB, f"{text}, retries {view.retries}" if view.retries else text)
    yield from found


def compare_never_run(stage: Stage, step: Step) -> Iterator[str]:
    """A cancelled one is not even stored."""
    names = {str(one["name"]) for one in stage.device.client.get("/steps")}
    if step.revision in names or stage.reached(step) >= 0:
        yield f"{step.revision} was cancelled, and the device has it"
    else:
        stage.says(Side.DEVICE, f"nothing is here of revision {step.revision}")
