"""The simulated device's hands towards its Hub: what is lost with the power, and what is not."""

from dataclasses import replace

from surefoot.device import effects as dev
from surefoot.lab.crash.machine import Machine
from surefoot.lab.crash.stories import (
    REMOTE_AWAY,
    REMOTE_FORGOTTEN,
    REMOTE_GOOD,
    REMOTE_NEW,
    REMOTE_THREE,
    REMOTE_UNREACHED,
    REMOTE_UNTOLD,
    UNCLAIM,
)
from surefoot.link import effects as link_do
from surefoot.link.record import Phase, What
from surefoot.update import effects as up_do
from surefoot.wire.progress import Status


def asks(machine):
    return [effect.what for effect in machine.performed if isinstance(effect, link_do.Ask)]


def place(machine, kind):
    return next(at for at, effect in enumerate(machine.performed) if isinstance(effect, kind))


def test_a_new_device_comes_to_its_hub_and_then_to_rest():
    machine = Machine(REMOTE_NEW).run()
    line = [what for what in asks(machine) if what not in (What.USER_META, What.DEVICE_META)]
    assert line[:6] == [
        What.REGISTER,
        What.LOOK_UP,
        What.LOOK_UP,
        What.TRAILS,
        What.SYNC,
        What.TRAILS,
    ]
    assert machine.device.link.phase is Phase.IDLE
    assert (machine.disk.id, machine.disk.settled) == ("device-1", True)


def test_a_name_that_a_cut_took_is_one_device_more_at_the_hub():
    """hub-wire 0.9: not to be had cheaper; after `Keep` nothing is lost."""
    kept = place(Machine(REMOTE_NEW).run(), link_do.Keep)
    assert Machine(REMOTE_NEW, (kept,)).run().hub.devices == 2
    assert Machine(REMOTE_NEW, (kept + 1,)).run().hub.devices == 1


def test_a_device_that_nobody_owned_is_registered_anew_when_the_hub_forgot_it():
    machine = Machine(REMOTE_FORGOTTEN).run()
    assert (machine.hub.devices, machine.disk.id) == (2, "device-2")


def test_reports_are_lost_with_the_power_and_the_record_is_told_instead():
    """R18."""
    clean = Machine(REMOTE_UNTOLD).run()
    assert clean.hub.trails["device-1"] == {"1": Status.UPDATED}
    last = max(at for at, one in enumerate(clean.performed) if isinstance(one, up_do.Report))
    machine = Machine(replace(REMOTE_GOOD, hub_away=REMOTE_UNTOLD.hub_away), (last,)).run()
    assert machine.hub.trails["device-1"]["1"] is machine.disk.progress["1"].status


def test_a_hub_that_is_away_is_silence_and_comes_back():
    for story, message in (
        (REMOTE_UNREACHED, "Hub not reachable"),
        (REMOTE_AWAY, "Hub communication not stable"),
    ):
        machine = Machine(story).run()
        assert machine.disk.progress["1"].message == message
        assert machine.hub.trails["device-1"] == {"1": Status.ERROR}


def test_steps_come_one_after_the_other_and_the_next_is_stored_while_one_is_in_work():
    """R16."""
    machine = Machine(REMOTE_THREE).run()
    saves = [one for one in machine.performed if isinstance(one, up_do.Save)]
    queued = [one.revision for one in saves if one.point.status is Status.QUEUED]
    assert list(dict.fromkeys(queued)) == ["1", "2", "3"]
    assert any(one.new_only for one in machine.performed if isinstance(one, link_do.Ask))


def test_a_forgotten_hub_leaves_nothing_of_its_trail():
    """R20."""
    machine = Machine(UNCLAIM).run()
    assert set(machine.disk.states) == {"0", "locals/unclaimed-1"}
    assert {name for name, _ in machine.disk.history} == {"0", "locals/unclaimed-1"}
    assert place(machine, up_do.Commit) < place(machine, dev.ForgetHub)
