"""The simulated device: virtual time, containers that behave, commands asked until answered, power
that fails exactly where it is told to."""

from dataclasses import replace
from math import inf

import pytest

from surefoot.lab.crash import machine as lab
from surefoot.lab.crash.machine import Endless, Machine
from surefoot.lab.crash.stories import (
    ALL,
    APPLY,
    FACTORY,
    NEVER_READY,
    NON_REBOOT,
    REBOOT,
    REMOTE_RETRIES,
    UPDATED_THEN_REBOOT,
)
from surefoot.lab.crash.story import Ask, Behaviour, Story, sha, state
from surefoot.link.record import Phase
from surefoot.supervisor import effects as sup_do
from surefoot.update import effects as up_do
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status
from tests.lab.crash import extra_stories as extra


def kinds(machine):
    return [type(effect) for effect in machine.performed]


def messages(machine, revision):
    return [p.message for name, p in machine.disk.history if name == revision]


@pytest.mark.parametrize("story", [NON_REBOOT, REBOOT, NEVER_READY], ids=lambda s: s.name)
def test_the_same_story_is_the_same_run(story):
    """Reproducible: no clock, no chance."""
    first, second = Machine(story).run(), Machine(story).run()
    assert first.performed == second.performed
    assert (first.now, first.boots) == (second.now, second.boots)


def test_time_is_virtual_and_passes():
    assert Machine(NON_REBOOT).run().now > 30


@pytest.mark.parametrize("at", [0, 1, 7, 20])
def test_the_power_fails_before_exactly_that_effect(at):
    clean = Machine(REBOOT).run().performed
    machine = Machine(REBOOT, (at,))
    machine.run()
    assert machine.performed[:at] == clean[:at]
    assert machine.cuts_made == 1
    assert len(machine.boots) > 1


def test_everything_but_the_disk_is_lost():
    machine = Machine(NON_REBOOT, (20,)).run()
    ids = [effect.id for effect in machine.performed if isinstance(effect, sup_do.Prepare)]
    assert ids.count("base.1") == 2, "instances are numbered anew in each boot"


def test_a_try_gets_one_boot():
    """R8, device.md 4."""
    machine = Machine(UPDATED_THEN_REBOOT).run()
    assert machine.boots == ["0", "locals/x"]
    assert machine.disk.pv_rev == "locals/x"


def test_a_command_that_met_503_is_asked_again():
    story = Story(
        "busy",
        {"0": FACTORY, "locals/x": NON_REBOOT.states["locals/x"]},
        (Ask(30, "LOCAL_RUN", "locals/x"), Ask(31, "REBOOT_DEVICE")),
    )
    machine = Machine(story).run()
    assert [ask.op for ask in machine.accepted] == ["LOCAL_RUN", "REBOOT_DEVICE"]
    assert machine.asks == []


def test_a_command_that_is_refused_is_kept_with_its_answer():
    story = Story("absent", {"0": FACTORY}, (Ask(30, "LOCAL_RUN", "locals/none"),))
    machine = Machine(story).run()
    assert [(ask.op, status) for ask, status, _ in machine.refused] == [("LOCAL_RUN", 404)]


BEHAVIOURS = [
    (Behaviour(), Status.UPDATED, ""),
    (Behaviour(prepares=False), Status.ERROR, "A container could not be started"),
    (Behaviour(starts=False), Status.ERROR, "A container could not be started"),
    (Behaviour(exits_after_s=1), Status.ERROR, "A container could not be started"),
]


@pytest.mark.parametrize(("image", "status", "text"), BEHAVIOURS)
def test_an_image_behaves_as_it_is_told(image, status, text):
    new = state(base={"image": "a", "group": "root"}, app={"image": "9", "group": "app"})
    story = Story(
        "image",
        {"0": FACTORY, "locals/x": new},
        (Ask(30, "LOCAL_RUN", "locals/x"),),
        images={sha("9"): image},
    )
    found = Machine(story).run().disk.progress["locals/x"]
    assert found.status is status
    assert found.message == text or not text


def test_a_container_that_never_signals_never_gets_ready():
    """device.md 1."""
    machine = Machine(NEVER_READY).run()
    assert machine.disk.progress["locals/x"].message == "Status goal not reached"


def test_downloads_that_fail_spend_their_starts():
    """R15."""
    machine = Machine(REMOTE_RETRIES).run()
    assert machine.disk.progress["1"].message == "Max download retries reached"
    limit = REMOTE_RETRIES.policy.retries
    shown = [text for text in messages(machine, "1") if text.startswith("Retry ")]
    assert shown == [f"Retry {n} of {limit}" for n in range(1, limit)]


def test_a_device_that_never_rests_is_a_finding():
    looping = Story(
        "looping",
        {"0": state(app={"image": "9", "group": "app"})},
        images={sha("9"): Behaviour(starts=False)},
    )
    with pytest.raises(Endless, match="looping"):
        Machine(looping).run()


def test_a_device_may_be_cut_more_often_than_it_would_boot_by_itself():
    """peers 3: rauc#490 asks for a hundred cuts of normal boots."""
    machine = Machine(APPLY, tuple(range(1, 101))).run()
    assert machine.cuts_made == 100


def test_every_effect_is_performed_by_some_story():
    """What no story does is not explored: a new effect wants a story."""
    done = {kind for story in [*ALL, *extra.ALL] for kind in kinds(Machine(story).run())}
    assert set(lab.HANDS) - done == set()


def test_a_hub_that_is_never_there_is_asked_in_vain():
    machine = Machine(replace(REMOTE_RETRIES, hub_answers=False)).run()
    assert machine.disk.progress == {"0": Progress(Status.DONE, "Factory revision", 100)}
    assert machine.device.link.phase is Phase.CLAIM


def test_a_start_wants_an_answer_of_the_hub():
    """R15: a Hub that has gone since it offered the step spends none."""

    class Gone(Machine):
        def _found(self, asked):
            self.hub.story = replace(self.story, hub_away=(0, inf))
            return super()._found(asked)

    machine = Gone(REMOTE_RETRIES).run()
    assert machine.disk.progress["1"] == Progress(Status.QUEUED, "Retried 0 of 10", 5)
    assert up_do.LoadState not in kinds(machine)
    assert tables.QUEUED.remote
