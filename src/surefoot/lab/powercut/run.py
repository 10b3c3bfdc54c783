"""Makes the device, cuts its power again and again, and looks at what came back."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from surefoot.errors import Conflict, SurefootError
from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.powercut.scenario import Cut, cuts
from surefoot.lab.real import RealDevice
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status

SETTINGS = {
    "PV_UPDATER_COMMIT_DELAY": "2",
    "PV_UPDATER_GOALS_TIMEOUT": "4",
    "PV_LOG_LEVEL": "4",
}
BAD_KINDS = ("never-ready", "no-init", "exits")
GC_EVERY = 20


@dataclass
class Bench:
    """`expected`: revision -> container -> the image that it must run."""

    device: RealDevice
    place: Path
    say: Callable[[str], None]
    expected: dict[str, dict[str, str]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)


def run(place: Path, count: int, seed: int, say: Callable[[str], None]) -> list[str]:
    """What did not hold, each with the cut that shows it; empty is the proof."""
    bench = Bench(RealDevice(place / "device", SETTINGS), place, say)
    (place / "device").mkdir()
    base, app = Image("healthy", "base-1"), Image("healthy", "app-1")
    bench.device.create(_checkout(bench, "0", base, app)).start()
    bench.device.at_rest()
    findings: list[str] = []
    try:
        for cut in cuts(count, seed):
            found = list(_one(bench, cut))
            findings += [f"seed {seed} {cut}: {text}" for text in found]
            say(f"{cut.number}/{count} {cut.kind} cut after {cut.delay_s} s: {_told(bench, found)}")
    finally:
        bench.device.stop()
    return findings + [f"left behind: {text}" for text in bench.device.leftovers()]


def _told(bench: Bench, found: list[str]) -> str:
    status = bench.device.status()
    pointers = f"runs {status.get('running')}, rollback point {status.get('rollback_point')}"
    return f"{pointers}{'' if not found else ' FAILED ' + '; '.join(found)}"


def _checkout(bench: Bench, name: str, base: Image, app: Image) -> Path:
    run_json: dict[str, Any] = {"status_goal": "READY"} if app.kind == "never-ready" else {}
    parts = {"base": Part(base, "root"), "app": Part(app, "app", run_json)}
    bench.expected[name] = {"base": base.name, "app": app.name}
    place = bench.place / "checkouts" / name.replace("/", "-")
    return write(place, bench.place / "images", parts)


def _one(bench: Bench, cut: Cut) -> Iterator[str]:
    _begin(bench, cut)
    time.sleep(cut.delay_s)  # the moment of the cut is the experiment, not a way to wait
    bench.device.power_cut()
    bench.device.start()
    try:
        status = bench.device.at_rest()
    except SurefootError as error:
        yield str(error)
        return
    yield from problems(bench, status)
    if cut.number % GC_EVERY == 0:
        bench.device.client.post("/storage/gc")


def _begin(bench: Bench, cut: Cut) -> None:
    """What the user asks for just before the power fails."""
    if cut.op is None:
        return
    name = f"locals/cut-{cut.number}"
    if cut.op != "ROLLBACK":
        bench.device.install(_new(bench, cut, name), name)
    try:
        bench.device.client.command(cut.op, "" if cut.op == "ROLLBACK" else name)
    except Conflict:
        bench.say(f"{cut.number}: nothing to roll back")


def _new(bench: Bench, cut: Cut, name: str) -> Path:
    """A revision in which the app, and for a reboot the base too, is another than what runs."""
    now = bench.expected[bench.device.status()["running"]]
    base = _other(now["base"], "base") if cut.kind == "reboot" else now["base"]
    kind = cut.kind if cut.kind in BAD_KINDS else "healthy"
    app = Image(kind, _other(now["app"], "app").partition("-")[2])
    return _checkout(bench, name, Image("healthy", base.partition("-")[2]), app)


def _other(name: str, container: str) -> str:
    return f"healthy-{container}-2" if name.endswith("-1") else f"healthy-{container}-1"


def problems(bench: Bench, status: dict[str, Any]) -> Iterator[str]:
    """What does not hold of a device at rest."""
    device, running = bench.device, str(status["running"])
    runs = device.versions()
    if runs != bench.expected[running]:
        yield f"{running} is recorded, but {runs} run"
    yield from _lost(bench)
    progress = device.progress(running)
    if status["rollback_point"] != device.pv_rev():
        yield f"the boot file says {device.pv_rev()}, the agent {status['rollback_point']}"
    if running != status["rollback_point"] and not _still_to_be_tried(status, progress):
        yield f"{running} runs with {progress}, pv_try {status['trying']}"


def _still_to_be_tried(status: dict[str, Any], progress: Progress | None) -> bool:
    updated = progress is not None and progress.status is Status.UPDATED
    trying = status["trying"]
    return updated and trying is not None and trying in (status["running"], status["staged"])


def _lost(bench: Bench) -> Iterator[str]:
    """R6: a DONE record stays DONE, and the rollback point has one."""
    storage = bench.device.storage
    now = {name for name in storage.revisions() if _is_done(bench, name)}
    for name in bench.done - now:
        if storage.has_state(name):
            yield f"{name} was DONE and is {bench.device.progress(name)}"
    bench.done = now
    if bench.device.pv_rev() not in now:
        yield f"the rollback point {bench.device.pv_rev()} is not DONE"
    for name in storage.revisions():
        progress = bench.device.progress(name)
        if progress and tables.point_of(progress.status, progress.message) is None:
            yield f"{name} has a progress that no table knows: {progress}"


def _is_done(bench: Bench, name: str) -> bool:
    progress = bench.device.progress(name)
    return progress is not None and progress.status is Status.DONE
