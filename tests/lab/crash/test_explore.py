"""Power cuts before every effect of every story; twice where it hurts; and the proof that what is
looked for can be found."""

import random
from dataclasses import replace

import pytest

from surefoot.device import effects as dev
from surefoot.device.effects import Command
from surefoot.lab.crash.explore import boundaries, explore, problems
from surefoot.lab.crash.machine import HANDS, Machine
from surefoot.lab.crash.stories import (
    ALL,
    APPLY,
    APPLY_ABORT,
    FACTORY,
    GO_REMOTE,
    MAKE_FACTORY,
    NON_REBOOT,
    REBOOT,
    REMOTE,
    REMOTE_GOOD,
    REMOTE_NEW,
    REMOTE_REBOOT,
    ROLLBACK,
    TWO,
    UNCLAIM,
    UPDATED_THEN_REBOOT,
)
from surefoot.lab.crash.story import Ask, Story, state
from surefoot.link import effects as link_do
from surefoot.update import effects as up_do
from surefoot.update import tables
from surefoot.wire.progress import PERCENT, Progress, Status
from tests.lab.crash import extra_stories as extra

EVERY = [*ALL, *extra.ALL]
TWICE = (
    REBOOT,
    TWO,
    ROLLBACK,
    MAKE_FACTORY,
    UNCLAIM,
    extra.APPLY_THEN_RUN,
    REMOTE_REBOOT,
    extra.REMOTE_MIDDLE_CANCELLED,
)
by_name = {"ids": lambda story: story.name}


@pytest.mark.parametrize("story", EVERY, **by_name)
def test_a_cut_at_any_effect_leaves_a_device_that_runs_what_it_records(story):
    """Issue "Bad input and faults": kill -9 at every effect boundary; R9, R13."""
    assert list(explore(story)) == []


@pytest.mark.parametrize("story", TWICE, **by_name)
def test_a_second_cut_in_the_recovery_is_no_worse(story):
    """R9: each prefix of what start-up does is a row of its table."""
    assert list(explore(story, (2, 7, 17))) == []


@pytest.mark.parametrize("story", [APPLY_ABORT, NON_REBOOT], **by_name)
@pytest.mark.parametrize("part", range(4))
def test_two_cuts_anywhere_are_no_worse(story, part):
    """Every pair of boundaries, in four parts."""
    for first in range(part, boundaries(story), 4):
        for second in range(first + 1, len(Machine(story, (first,)).run().performed)):
            machine = Machine(story, (first, second)).run()
            assert list(problems(machine)) == [], (first, second)


# --- the rows of peers that are about cuts ------------------------------------------------------


def settled(revision="locals/x", image="9"):
    """A device at rest on a DONE local revision."""
    new = state(base={"image": "a", "group": "root"}, app={"image": image, "group": "app"})
    story = Story("settled", {"0": FACTORY, revision: new}, images=extra.IMAGES)
    machine = Machine(story)
    machine.disk.pv_rev = revision
    machine.disk.progress[revision] = Progress(Status.DONE, tables.DONE.message, 100)
    machine.disk.done.add(revision)
    return machine


def test_a_hundred_cuts_of_normal_boots_spend_no_try_and_touch_no_record():
    """peers 3: rauc#490, #683: tries exist only while `pv_try` is set."""
    chance, cuts = random.Random(490), []
    for _ in range(100):
        cuts.append((cuts[-1] if cuts else 0) + chance.randrange(9))
    machine = settled()
    machine.cuts = cuts
    machine.run()
    assert machine.cuts_made == 100
    assert set(machine.boots) == {"locals/x"}
    assert (machine.disk.pv_rev, machine.disk.pv_try) == ("locals/x", None)
    assert machine.disk.history == []


@pytest.mark.parametrize("story", [UPDATED_THEN_REBOOT, extra.COMMIT_OF_UPDATED, APPLY], **by_name)
def test_a_cut_between_asking_for_a_planned_reboot_and_the_reboot_costs_no_try(story):
    """peers 3: meta-balena#1316: up to the end of the process, the next boot is the one try."""
    clean = Machine(story).run()
    asked = next(
        place
        for place, effect in enumerate(clean.performed)
        if (isinstance(effect, dev.Journal) and effect.command == Command("REBOOT_DEVICE"))
        or (
            isinstance(effect, dev.Journal)
            and effect.command is not None
            and effect.command.op == "REBOOT_DEVICE"
        )
    )
    left = next(p for p, e in enumerate(clean.performed) if isinstance(e, dev.Leave))
    for cut in range(asked, left + 1):
        machine = Machine(story, (cut,)).run()
        assert machine.disk.progress["locals/x"].status is Status.DONE, cut
        assert list(problems(machine)) == []


@pytest.mark.parametrize("image", ["f", "1", "0"], ids=["no init", "not mountable", "exits"])
def test_a_done_revision_whose_containers_are_sick_is_never_rolled_back(image):
    """peers 3: greenboot#26: no endless loop of rollbacks; it stays up, reports, waits."""
    machine = settled(image=image)
    machine.cuts = [5, 11, 17]
    machine.run()
    assert set(machine.boots) == {"locals/x"}
    assert machine.disk.history == []
    assert not machine.left


def test_a_power_cut_instead_of_the_reboot_tries_a_staged_revision():
    """R3: a reboot for whatever reason, power cut included."""
    story = extra.APPLY_THEN_POWER_CUT
    last = boundaries(story) - 1
    machine = Machine(story, (last,)).run()
    assert machine.boots == ["0", "locals/x"]
    assert machine.disk.progress["locals/x"].status is Status.DONE


def test_a_hub_that_is_gone_rolls_no_done_revision_back():
    """R18; peers 3: mender PR#485: a report that could not be sent is no reason."""
    machine = settled("7")
    machine.story = replace(machine.story, modes=REMOTE, hub_answers=False)
    machine.disk.remote = True
    machine.run()
    assert (machine.boots, machine.disk.history) == (["7"], [])


def test_the_try_of_an_updated_remote_revision_has_its_hub_goal_again():
    """R4, R18: the one boot in which the Hub's silence counts; the reason is stored before it."""
    machine = Machine(REMOTE_GOOD).run()
    assert machine.disk.progress["1"].status is Status.UPDATED
    machine.story = replace(REMOTE_GOOD, hub_answers=False, hub=())
    machine.run()
    assert machine.boots[-2:] == ["1", "0"]
    assert machine.disk.progress["1"].message == "Hub not reachable"


def test_a_new_effect_would_be_cut_by_itself():
    """The boundaries are those of the effects that are performed, whatever they are."""
    for story in (REBOOT, TWO):
        machine = Machine(story).run()
        assert boundaries(story) == len(machine.performed)


# --- what is looked for can be found ------------------------------------------------------------


def rested(story=UPDATED_THEN_REBOOT, **changes):
    machine = Machine(story).run()
    assert list(problems(machine)) == []
    return machine


def save(machine, revision, point):
    machine.disk.save(up_do.Save(revision, point))


def lose_done(machine):
    machine.disk.progress["locals/x"] = Progress(Status.ERROR, "Internal error", 100)


def lose_state(machine):
    machine.disk.pv_rev = "locals/gone"


def run_untested(machine):
    machine.disk.pv_rev = "0"


def run_others(machine):
    others = Machine(NON_REBOOT).run().device.supervisor
    machine.device = replace(machine.device, supervisor=replace(others, instances=()))


def go_back(machine):
    save(machine, "locals/x", tables.STARTING)
    save(machine, "locals/x", tables.DONE)


def end_twice(machine):
    save(machine, "locals/x", tables.ERROR[tables.Cause.INTERNAL])
    save(machine, "locals/x", tables.DONE)


def forget_the_journal(machine):
    machine.disk.journal = Command("LOCAL_RUN", "locals/x")


def never_answer(machine):
    machine.asks.append(Ask(1, "LOCAL_RUN", "locals/x"))


def lose_a_command(machine):
    machine.accepted.append(Ask(1, "LOCAL_RUN", "locals/y"))


def end_otherwise(machine):
    machine.story = replace(machine.story, ends={"locals/x": frozenset({Status.WONTGO})})


def stay_remote(machine):
    machine.disk.remote = True


def lose_the_factory(machine):
    machine.accepted.append(Ask(1, "MAKE_FACTORY"))


REMOTE_HARM = [
    (REMOTE_GOOD, lambda machine: machine.hub.trails["device-1"].update({"1": Status.TESTING})),
    (REMOTE_GOOD, lambda machine: machine.hub.trails["device-1"].update({"1": Status.DONE})),
    (REMOTE_GOOD, lambda machine: machine.hub.trails["device-1"].update({"2": Status.DONE})),
    (REMOTE_NEW, lambda machine: setattr(machine.hub, "devices", 2)),
    (REMOTE_NEW, lambda machine: setattr(machine.disk, "id", "")),
    (UNCLAIM, lambda machine: setattr(machine.disk, "id", "device-1")),
    (GO_REMOTE, lambda machine: setattr(machine.disk, "remote", False)),
]


@pytest.mark.parametrize(("story", "harm"), REMOTE_HARM)
def test_every_invariant_of_the_hub_can_fail(story, harm):
    machine = rested(story)
    harm(machine)
    assert list(problems(machine)) != []


HARM = [
    lose_done,
    lose_state,
    run_untested,
    run_others,
    go_back,
    end_twice,
    forget_the_journal,
    never_answer,
    lose_a_command,
    end_otherwise,
    stay_remote,
    lose_the_factory,
]


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_every_invariant_can_fail(harm):
    """A checker that cannot fail proves nothing."""
    machine = rested()
    harm(machine)
    assert list(problems(machine)) != []


def test_a_finding_says_how_to_see_it_again():
    wrong = replace(NON_REBOOT, ends={"locals/x": frozenset({Status.WONTGO})})
    finding = next(explore(wrong))
    assert (finding.story, finding.cuts) == ("non-reboot", (0,))
    machine = Machine(wrong, finding.cuts).run()
    assert finding.text in list(problems(machine))


def test_a_device_that_forgot_its_journal_would_be_found(monkeypatch):
    """A mutation of the engine itself: commands are answered without being stored."""
    monkeypatch.setitem(HANDS, dev.Journal, Machine.nothing)
    assert list(explore(NON_REBOOT)) != []


def test_a_device_that_does_not_keep_its_name_would_be_found(monkeypatch):
    monkeypatch.setitem(HANDS, link_do.Keep, Machine.nothing)
    assert list(explore(REMOTE_NEW)) != []


def test_a_device_that_commits_too_late_would_be_found(monkeypatch):
    """R4 the wrong way round: DONE stored, the boot file not written."""
    monkeypatch.setitem(HANDS, up_do.Commit, Machine.nothing)
    assert list(explore(REBOOT)) != []


def test_the_percentages_of_the_record_are_the_tables():
    machine = Machine(REBOOT).run()
    assert all(p.progress == PERCENT[p.status] for _, p in machine.disk.history)
