"""Every boundary of every story: cut there, boot, play on to the end, and check what must hold."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from surefoot.device.commands import COMPLETED_BY_BOOT, MAX_STARTS
from surefoot.lab.crash.hub import FIRST
from surefoot.lab.crash.machine import Machine
from surefoot.lab.crash.story import Ask, Story
from surefoot.link.record import Phase
from surefoot.revision import is_local, parse
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status


@dataclass(frozen=True)
class Finding:
    """An invariant that did not hold, with what is needed to see it again."""

    story: str
    cuts: tuple[int, ...]
    text: str


def boundaries(story: Story) -> int:
    """How many effects the story performs without a cut."""
    return len(Machine(story).run().performed)


def explore(story: Story, second_after: tuple[int, ...] = ()) -> Iterator[Finding]:
    """Cuts before each effect of the clean run; with `second_after`, once more so many effects
    later, in the recovery."""
    for first in range(boundaries(story)):
        yield from _try_cuts(story, (first,))
        for later in second_after:
            yield from _try_cuts(story, (first, first + later))


def _try_cuts(story: Story, cuts: tuple[int, ...]) -> Iterator[Finding]:
    machine = Machine(story, cuts)
    machine.run()
    for text in problems(machine):
        yield Finding(story.name, cuts, text)


def problems(machine: Machine) -> Iterator[str]:
    """What does not hold of a device at rest: an empty answer is the proof."""
    yield from _rollback_point(machine)
    yield from _record_is_truth(machine)
    yield from _forward_only(machine)
    yield from _accepted_is_done(machine)
    yield from _expected_end(machine)
    yield from _hub_knows(machine)
    yield from _has_one_name(machine)


def _rollback_point(machine: Machine) -> Iterator[str]:
    disk = machine.disk
    found = disk.progress.get(disk.pv_rev)
    if disk.pv_rev != "0" and (found is None or found.status is not Status.DONE):
        yield f"the rollback point {disk.pv_rev} is not DONE but {found}"
    if disk.pv_rev not in disk.states:
        yield f"the rollback point {disk.pv_rev} is gone"


def _record_is_truth(machine: Machine) -> Iterator[str]:
    """What is recorded is what runs: DONE, or UPDATED and still to be tried."""
    disk, record = machine.disk, machine.device.update
    if machine.off:
        return
    runs = {one.container.fingerprint for one in machine.device.supervisor.current}
    wanted = parse(disk.states[record.running]).containers
    if {one.fingerprint for one in wanted} != runs:
        yield f"{record.running} is recorded, but other containers run"
    if is_local(record.running) and disk.remote and not _may_be_remote(machine.story):
        yield f"the local revision {record.running} runs in remote mode"
    if record.running == disk.pv_rev:
        return
    found = disk.progress.get(record.running)
    updated = found is not None and found.status is Status.UPDATED
    if record.running != disk.pv_try or not updated:
        yield f"{record.running} runs, pv_try is {disk.pv_try}, its record {found}"


def _may_be_remote(story: Story) -> bool:
    """R20: PV_CONTROL_REMOTE_ALWAYS, or the user said GO_REMOTE."""
    return story.modes.remote_always or story.keeps_mode


def _forward_only(machine: Machine) -> Iterator[str]:
    """R6: each stored progress follows the one before by an edge of the table."""
    last: dict[str, Progress] = {}
    for revision, progress in machine.disk.history:
        before = last.get(revision)
        if before is not None and before != progress and not _follows(before, progress):
            yield f"{revision}: {before.status} {before.message} -> {progress.message}"
        last[revision] = progress


def _follows(before: Progress, after: Progress) -> bool:
    old = tables.point_of(before.status, before.message)
    new = tables.point_of(after.status, after.message)
    assert old is not None
    assert new is not None
    if new is tables.READY_TO_RUN:  # R25: a finished local revision is run again
        return old.final
    return new in tables.FOLLOWS[old]


def _accepted_is_done(machine: Machine) -> Iterator[str]:
    """R13: a command that was answered 200 has come to an end."""
    if machine.asks:
        yield f"never answered: {machine.asks}"
    journal = machine.disk.journal
    by_boot = journal is not None and journal.op in COMPLETED_BY_BOOT
    if journal is not None and not (machine.off and by_boot):  # the next boot completes it (R9)
        yield f"still in the journal: {journal}"
    for ask in machine.accepted:
        if not _came_true(machine, ask):
            found = machine.disk.progress.get(ask.payload)
            yield f"{ask} was accepted, its record is {found}, pv_rev {machine.disk.pv_rev}"


def _came_true(machine: Machine, ask: Ask) -> bool:
    """What a command that was answered 200 promises of the device at rest; of most only the last
    one can be seen."""
    if ask.op in ("LOCAL_RUN", "LOCAL_RUN_COMMIT"):
        return _ended(machine.disk.progress.get(ask.payload))
    promise = PROMISES.get(ask.op)
    return promise is None or ask is not machine.accepted[-1] or promise(machine)


def _given_up(machine: Machine) -> bool:
    """R9: after two starts without an end, which take a cut each."""
    return machine.cuts_made >= MAX_STARTS - 1


PROMISES: dict[str, Callable[[Machine], bool]] = {
    "MAKE_FACTORY": lambda machine: machine.disk.pv_rev == "0" or _given_up(machine),
    "ROLLBACK": lambda machine: machine.device.update.running == machine.disk.pv_rev,
    "ABORT": lambda machine: machine.device.update.staged is None,
    "UNCLAIM": lambda machine: machine.disk.id != FIRST or _given_up(machine),
    "GO_REMOTE": lambda machine: machine.disk.remote,
}


def _ended(found: Progress | None) -> bool:
    return found is not None and found.status in tables.FINAL


def _hub_knows(machine: Machine) -> Iterator[str]:
    """R14, R18: once the Hub can be spoken to, it holds what the device has recorded."""
    link, hub = machine.device.link, machine.hub
    if machine.off or link.phase is not Phase.IDLE or not hub.is_there(machine.now):
        return
    for revision, held in hub.trails[link.id].items():
        found = machine.disk.progress.get(revision)
        if held not in tables.FINAL or found is None or found.status is not held:
            yield f"the Hub holds {held} of {revision}, the device {found}"


def _has_one_name(machine: Machine) -> Iterator[str]:
    """hub-wire 0.9: no device is registered for nothing, but for a cut before it knew its name."""
    unclaimed = [ask for ask in machine.accepted if ask.op == "UNCLAIM"]
    most = 1 + machine.cuts_made + machine.story.hub_forgets + len(unclaimed)
    if machine.hub.devices > most:
        yield f"{machine.hub.devices} devices were registered"
    if machine.disk.id != machine.device.link.id:
        yield f"it is {machine.disk.id}, and will not know that after a cut"


def _expected_end(machine: Machine) -> Iterator[str]:
    for revision, statuses in machine.story.ends.items():
        found = machine.disk.progress.get(revision)
        if found is None or found.status not in statuses:
            yield f"{revision} ended as {found}, expected one of {sorted(statuses)}"
