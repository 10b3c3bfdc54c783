"""Plays one scene on a real device with a real Hub, and compares all that is seen with the script.

A scene is a generator of differences.
"""

from collections.abc import Callable, Iterator

from surefoot.client.wait import EXIT_CODES, Look
from surefoot.lab.demo import compare
from surefoot.lab.demo.audience import Side
from surefoot.lab.demo.desk import Running
from surefoot.lab.demo.garbage import offer
from surefoot.lab.demo.look import compare_hub, compare_never_run, compare_pids, compare_runs
from surefoot.lab.demo.stage import Stage
from surefoot.lab.demo.story import CUT_AFTER, LEAST_CUTS, SLOW_RATE, Act, Scene, Step
from surefoot.lab.demo.watch import Watch
from surefoot.lab.line import GOOD, Condition
from surefoot.wire.progress import PERCENT, Status

Differences = Iterator[str]
_END_PERCENT = PERCENT[Status.DONE]


def play(stage: Stage, scene: Scene) -> Differences:
    before = stage.device.pids()
    watch = stage.watch().begin()
    yield from _ACTS[scene.act](stage, scene, watch)
    status = watch.until(_at_rest_after(stage, scene))
    for step in scene.steps:
        yield from compare.record(step.revision, step.rows, watch.seen)
    yield from compare.order(scene, watch.seen)
    yield from compare_runs(stage, scene.runs, scene.point, status)
    yield from compare_pids(stage, scene, before)
    yield from _afterwards(stage, scene)


def _at_rest_after(stage: Stage, scene: Scene) -> Callable[[Look], bool]:
    """All that is to be run has come to its end, and the device is on its feet."""
    run = [step for step in scene.steps if step.is_run]

    def holds(look: Look) -> bool:
        return look.idle and all(stage.reached(step) == _END_PERCENT for step in run)

    return holds


def _afterwards(stage: Stage, scene: Scene) -> Differences:
    for step in scene.steps:
        if not step.is_local:
            yield from compare_hub(stage, step)
        if not step.is_run:
            yield from compare_never_run(stage, step)
    if scene.act is Act.DAMAGE:
        yield from offer(stage)


def _until_ended(stage: Stage, scene: Scene, watch: Watch, posting: Running) -> Differences:
    """The device is at rest, and the waiting command has ended as the last step did (R24)."""
    watch.until(_at_rest_after(stage, scene))
    last = scene.steps[-1]
    code = posting.wait(stage.left_s())
    yield from compare.exit_code(posting, code, EXIT_CODES[last.final[0]])
    yield from compare.told_by_post(last, posting.lines)


def _until_in(stage: Stage, step: Step, status: Status) -> Callable[[Look], bool]:
    """Or further: the comparison will say so."""

    def holds(look: Look) -> bool:
        del look
        return stage.reached(step) >= PERCENT[status]

    return holds


# ---- the acts ----------------------------------------------------------------------------------


def _post(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    posting = stage.post(scene.steps[0], waits=True)
    yield from _until_ended(stage, scene, watch, posting)


def _over_a_bad_line(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    step = scene.steps[0]
    stage.line.become(Condition(cut_after=CUT_AFTER))
    stage.says(Side.DEVICE, f"the line cuts every connection after {_size(CUT_AFTER)}")
    meter = _Meter(stage)
    posting = stage.post(step, waits=True)
    size = stage.lacking(step)
    watch.until(_until_in(stage, step, Status.INPROGRESS))
    stage.line.become(GOOD)
    yield from meter.compare(size, f"cut {meter.cuts} times")
    if meter.cuts < LEAST_CUTS:
        yield f"the line was cut {meter.cuts} times only"
    yield from _until_ended(stage, scene, watch, posting)


def _while_it_is_off(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    yield from compare.exit_code("the boot loop", stage.power_off(), 0)
    *first, last = scene.steps
    for step in first:
        posting = stage.post(step, waits=False)
        yield from compare.exit_code(posting, posting.wait(stage.left_s()), 0)
        if not step.is_run:
            yield from stage.run("cancel", stage.nick, step.revision)
    posting = stage.post(last, waits=True)
    stage.until(lambda: compare.told_rows(posting.lines), f"{last.revision} at the Hub")
    stage.power_on()
    yield from _until_ended(stage, scene, watch, posting)


def _without_hub(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    step = scene.steps[0]
    posting = stage.post(step, waits=True)
    watch.until(_until_in(stage, step, Status.TESTING))
    stage.hub.kill()
    stage.says(Side.HUB, "kill -9 of the Hub")
    watch.until(_at_rest_after(stage, scene))
    stage.says(Side.HUB, "the Hub is started again")
    stage.hub.start()
    yield from _until_ended(stage, scene, watch, posting)


def _with_two_power_cuts(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    step = scene.steps[0]
    stage.line.become(Condition(rate=SLOW_RATE))
    stage.says(Side.DEVICE, f"the line carries {_size(SLOW_RATE)} a second")
    meter = _Meter(stage)
    posting = stage.post(step, waits=True)
    size = stage.lacking(step)
    watch.until(_until_in(stage, step, Status.DOWNLOADING))
    stage.until(lambda: meter.passed > size // 3, "a third of the bytes")
    stage.cut_the_power()
    stage.line.become(GOOD)
    stage.power_on()
    watch.until(_until_in(stage, step, Status.INPROGRESS))
    yield from meter.compare(size, "cut by a power cut")
    yield from _cut_while_tested(stage, step, watch)
    yield from _until_ended(stage, scene, watch, posting)


def _with_a_power_cut(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    posting = stage.post(scene.steps[0], waits=True)
    yield from _cut_while_tested(stage, scene.steps[0], watch)
    yield from _until_ended(stage, scene, watch, posting)


def _cut_while_tested(stage: Stage, step: Step, watch: Watch) -> Differences:
    watch.until(_until_in(stage, step, Status.TESTING))
    stage.cut_the_power()
    stage.power_on()
    yield from ()


def _damaged(stage: Stage, scene: Scene, watch: Watch) -> Differences:
    """A local one, through the device's own socket."""
    step = scene.steps[0]
    stage.device.install(stage.checkout(step.name, step.contents), step.revision)
    state = stage.device.storage.trail(step.revision) / ".pvr" / "json"
    text = state.read_bytes()
    state.write_bytes(text[: len(text) // 2])
    place = state.relative_to(stage.device.storage.root)
    stage.says(Side.DEVICE, f"{place} cut off after {len(text) // 2} of {len(text)} bytes")
    stage.device.client.command("LOCAL_RUN", step.revision)
    watch.until(_at_rest_after(stage, scene))
    yield from ()


_ACTS: dict[Act, Callable[[Stage, Scene, Watch], Differences]] = {
    Act.POST: _post,
    Act.BAD_LINE: _over_a_bad_line,
    Act.AWAY: _while_it_is_off,
    Act.NO_HUB: _without_hub,
    Act.CUT_TWICE: _with_two_power_cuts,
    Act.CUT: _with_a_power_cut,
    Act.DAMAGE: _damaged,
}


class _Meter:
    """What the line has carried to the device, and how often it was cut, since it was made."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._passed, self._cuts = stage.line.passed, stage.line.cuts

    @property
    def passed(self) -> int:
        return self._stage.line.passed - self._passed

    @property
    def cuts(self) -> int:
        return self._stage.line.cuts - self._cuts

    def compare(self, size: int, how: str) -> Differences:
        passed = self.passed
        ratio = f"{passed / size:.3f} times" if size else "for"
        text = f"downloaded, {how}: {_size(passed)} came over the line, {ratio} the size"
        self._stage.says(Side.DEVICE, text)
        yield from compare.moved(size, passed)


def _size(count: int) -> str:
    return f"{count / 1e6:.2f} MB"
