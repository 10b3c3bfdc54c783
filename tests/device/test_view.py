"""What clients see: statuses (R22) and the lists of containers and groups."""

import pytest

from surefoot.device import effects as dev
from surefoot.device import view
from surefoot.device.server.views import ContainerView, RecoveryView
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.supervisor.tables import ContainerStatus
from surefoot.update.tables import Stage
from tests.device.composed import BASE, FACTORY, NEW_BASE, STATES, WITH_READY, Bench, X, of
from tests.revision.states import app, groups, state

READY = state(BASE, app("app", group="app", status_goal="READY"))


def status(bench):
    return view.device_status(bench.device), bench.device.update.running


# --- pantavisor.status and pantavisor.revision (R22) --------------------------------------------


def test_a_device_that_was_not_booted_yet_is_not_ready():
    bench = Bench().boot()
    assert status(bench) == ("INSTALLED", "0")


def test_ready_when_every_container_has_its_goal():
    assert status(Bench().on()) == ("READY", "0")


def test_the_lowest_status_of_those_without_their_goal_is_shown():
    """R22."""
    bench = Bench({**STATES, "0": READY}).on()
    assert status(bench) == ("STARTED", "0")
    bench.signal("app")
    assert status(bench) == ("READY", "0")


@pytest.mark.parametrize("new", [WITH_READY, NEW_BASE], ids=["switch", "reboot"])
def test_ready_is_left_before_the_first_stop(new):
    """R22: of a transition, with or without a reboot."""
    bench = Bench({**STATES, X: new}).on()
    bench.command("LOCAL_RUN", X)
    while bench.todo and bench.left is None:
        if of(sup_do.Stop, bench.todo):
            assert status(bench)[0] != "READY"
        bench.step()
    assert status(bench)[0] != "READY"


def test_ready_is_left_before_the_first_stop_of_a_rollback():
    """R22."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    bench.give(sup_on.TimerFired("goal:app"))
    assert bench.stage is Stage.RETURN
    assert status(bench)[0] != "READY"
    bench.settle()
    assert status(bench) == ("READY", "0")


def test_a_container_that_is_only_taken_away_makes_the_device_busy_until_it_is_gone():
    """R22."""
    both = state(BASE, app("app", group="app"), app("web", group="app"))
    bench = Bench({**STATES, "0": both, X: FACTORY}).on()
    bench.command("LOCAL_RUN", X)
    while not of(sup_do.Stop, bench.todo):
        bench.step()
    assert status(bench) == ("STOPPING", X)
    bench.settle()
    assert status(bench) == ("READY", X)


def test_the_revision_changes_with_the_status():
    """R22: both change together; while new containers are only prepared, the old revision runs."""
    bench = Bench().on()
    bench.command("LOCAL_RUN", X)
    seen = []
    while bench.todo:
        bench.step()
        seen.append(status(bench))
    assert ("READY", "0") in seen
    assert seen[-1] == ("READY", X)
    assert seen.index(seen[-1]) > seen.index(("READY", "0"))
    changed = next(found for found in seen if found[1] == X)
    assert changed[0] != "READY"


def test_a_device_that_leaves_is_stopping():
    """R22: never READY from before a reboot."""
    bench = Bench().on()
    bench.command("REBOOT_DEVICE")
    assert status(bench) == ("STOPPING", "0")


def test_a_sick_device_never_gets_ready():
    """R12; peers 3: greenboot#26."""
    bench = Bench().on(sick={"app": "app/root.squashfs has other bytes"})
    assert status(bench) == ("INSTALLED", "0")


def test_files_of_no_container_make_a_device_sick_as_well():
    """R12: every container runs, and the status says that something is wrong."""
    bench = Bench().on(sick={"": "bsp/kernel.img is missing"})
    assert set(bench.running_pids()) == {"app", "base"}
    assert status(bench)[0] != "READY"


def test_a_recovering_container_takes_ready_away():
    rule = {"policy": "always", "retry_delay": 5}
    bench = Bench({**STATES, "0": state(BASE, app("app", group="app", auto_recovery=rule))}).on()
    bench.give(sup_on.Exited(bench.device.supervisor.named("app").id, 1))
    assert status(bench) == ("RECOVERING", "0")


# --- lists --------------------------------------------------------------------------------------


def test_containers_are_listed_by_name_as_the_reference_names_them():
    """samples/socket.json."""
    assert view.containers(Bench().on().device) == [
        ContainerView("app", "app", "STARTED", "STARTED", "container", []),
        ContainerView("base", "root", "STARTED", "STARTED", "system", []),
    ]


def test_a_container_shows_its_recovery_and_its_counters():
    rule = {"policy": "on-failure", "max_retries": 5, "stable_timeout": 30, "retry_delay": 1}
    bench = Bench({**STATES, "0": state(BASE, app("app", group="app", auto_recovery=rule))}).on()
    found = view.containers(bench.device)[0].auto_recovery
    assert found == RecoveryView(5, 30, "reboot", "on-failure", 0, False)
    bench.fire(f"stable:{bench.device.supervisor.named('app').id}")
    assert view.containers(bench.device)[0].auto_recovery.is_stable is True
    bench.give(sup_on.Exited(bench.device.supervisor.named("app").id, 1))
    again = view.containers(bench.device)[0].auto_recovery
    assert (again.current_retries, again.is_stable) == (1, False)


def test_a_container_that_the_user_stopped_says_so():
    bench = Bench().on()
    bench.container("app", "stop")
    bench.settle()
    found = view.containers(bench.device)[0]
    assert (found.user_stopped, found.status) == (True, "STOPPED")


def test_a_sick_container_is_listed_as_stopped():
    """R12: it stays down, the others run."""
    bench = Bench().on(sick={"app": "bad bytes"})
    found = {one.name: one.status for one in view.containers(bench.device)}
    assert found == {"app": "STOPPED", "base": "STARTED"}


def test_groups_come_in_start_order_with_their_own_status():
    """samples/socket-default-groups.json."""
    bench = Bench({**STATES, "0": READY}).on()
    found = [(one.name, one.status) for one in view.groups(bench.device)]
    assert found == [
        ("data", "READY"),
        ("root", "READY"),
        ("platform", "READY"),
        ("app", "STARTED"),
    ]


def test_a_group_shows_its_recovery_without_counters():
    rule = {"policy": "always", "max_retries": 3}
    new = state(groups("main", auto_recovery=rule), app("app", group="main"))
    bench = Bench({**STATES, "0": new}).on()
    assert view.groups(bench.device)[0].auto_recovery == RecoveryView(3, 0, "reboot")


def test_the_order_of_statuses_is_the_only_order():
    """R22: the lowest."""
    assert view.device_status(Bench().boot().device) == next(iter(ContainerStatus)).value


def test_retiring_containers_are_not_listed():
    bench = Bench().on()
    bench.command("LOCAL_RUN", X)
    while not of(sup_do.Stop, bench.todo):
        bench.step()
    assert [one.name for one in view.containers(bench.device)] == ["app", "base"]


def test_everything_is_shown_of_a_device_that_only_serves_its_socket():
    """R12: with an unreadable state."""
    bench = Bench({}).on()
    assert view.containers(bench.device) == []
    assert view.groups(bench.device) == []
    assert status(bench)[0] != "READY"
    assert bench.command("REBOOT_DEVICE").status == 200
    assert isinstance(bench.left, dev.Leave)
