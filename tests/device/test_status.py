"""`GET /status`: three pointers that are never confused, each container, each wait and its time."""

import json

import pytest

from surefoot.device import effects as dev
from surefoot.device.status import Watch, status
from surefoot.supervisor import events as sup_on
from surefoot.update import tables
from surefoot.update.tables import Stage
from tests.device.composed import REMOTE, SEVEN, STATES, WITH_READY, Bench, X, Y

START_S = 1_795_500_000  # 2026-11-24T06:00:00Z
BEGIN = "2026-11-24T06:00:00Z"


class Clock:
    def __init__(self):
        self.now = START_S

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(clock):
    return Watch(clock)


def shown(bench, watch=None):
    return status(bench.device, watch or Watch(), "quick")


def test_a_device_at_rest(watch):
    bench = Bench().on()
    pids = bench.running_pids()
    told = shown(bench, watch)
    assert told | {"containers": []} == {
        "running": "0",
        "trying": None,
        "rollback_point": "0",
        "status": "READY",
        "mode": "local",
        "runtime": "quick",
        "hub": None,
        "update": None,
        "staged": None,
        "command": None,
        "queue": [],
        "containers": [],
        "waits": [],
    }
    assert told["containers"] == [
        {
            "name": name,
            "group": group,
            "status": "STARTED",
            "goal": "STARTED",
            "restart_policy": policy,
            "pid": pids[name],
            "cause": "",
        }
        for name, group, policy in (("app", "app", "container"), ("base", "root", "system"))
    ]


def pointers(bench):
    told = shown(bench)
    return told["running"], told["trying"], told["rollback_point"], told["staged"]


def test_the_three_pointers_and_the_staged_revision():
    """Design rule 8; peers 3: greengrass-nucleus#1838."""
    bench = Bench().on()
    assert pointers(bench) == ("0", None, "0", None)
    bench.updated(X)
    assert pointers(bench) == (X, X, "0", None)
    bench.run(Y, "LOCAL_APPLY")
    assert pointers(bench) == (X, Y, "0", Y)
    bench.command("ABORT")
    assert pointers(bench) == (X, X, "0", None)


def test_what_is_in_work_and_what_was_asked_for_is_shown():
    bench = Bench({**STATES, X: WITH_READY}).on()
    bench.command("LOCAL_RUN", X)
    told = shown(bench)
    assert told["update"] == {"revision": X, "stage": "check"}
    assert told["command"] == {"op": "LOCAL_RUN", "payload": X}
    bench.settle()
    assert shown(bench)["update"] == {"revision": X, "stage": "goals"}


def test_the_mode_and_the_queue_of_remote_steps():
    """R16, R20."""
    bench = Bench(modes=REMOTE, hub_answers=False).on()
    bench.give(dev.StepFound(SEVEN))
    bench.give(dev.StepFound("8"))
    told = shown(bench)
    assert (told["mode"], told["queue"]) == ("remote", ["8"])


def test_a_container_that_is_down_says_why():
    """R12, for bad files; else what its end was."""
    bench = Bench().on("0", sick={"app": "app/root.squashfs has other bytes"})
    (app, base) = shown(bench)["containers"]
    assert (app["status"], app["pid"]) == ("STOPPED", None)
    assert app["cause"] == "app/root.squashfs has other bytes"
    assert base["cause"] == ""
    bench = Bench().on()
    bench.give(sup_on.Exited(bench.device.supervisor.named("app").id, 3))
    (app, _) = shown(bench)["containers"]
    assert (app["status"], app["pid"]) == ("STOPPED", None)
    assert "3" in app["cause"]


def test_a_wait_says_since_when_for_what_and_until_when(watch, clock):
    """Design rule 7; peers 3: nebraska#853."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    (wait,) = shown(bench, watch)["waits"]
    assert wait == {
        "what": f"update {X}",
        "for": "status goals of all containers",
        "since": BEGIN,
        "until": "2026-11-24T06:02:00Z",
    }
    clock.now += 60
    assert shown(bench, watch)["waits"] == [wait]


def test_the_next_wait_has_its_own_beginning(watch, clock):
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    watch.note(bench.device)
    clock.now += 10
    bench.signal("app")
    assert bench.stage is Stage.STABLE
    (wait,) = watch.note(bench.device)
    assert (wait["since"], wait["until"]) == ("2026-11-24T06:00:10Z", "2026-11-24T06:00:35Z")
    bench.fire(tables.COMMIT_TIMER)
    assert watch.note(bench.device) == []


def test_a_wait_without_a_limit_has_no_until(watch):
    bench = Bench().on().run(X, "LOCAL_APPLY")
    (wait,) = watch.note(bench.device)
    assert (wait["for"], wait["since"], wait["until"]) == ("the next reboot", BEGIN, None)


def test_a_clock_that_jumps_changes_no_label_that_was_given(watch, clock):
    """R23."""
    bench = Bench().on().run(X, "LOCAL_APPLY")
    watch.note(bench.device)
    for jump in (40, -50):
        clock.now = START_S + jump * 365 * 86400
        assert [wait["since"] for wait in watch.note(bench.device)] == [BEGIN]


def test_all_of_it_is_json_at_every_moment_of_an_update(watch):
    bench = Bench().on()
    bench.command("LOCAL_RUN", X)
    while bench.todo:
        json.dumps(shown(bench, watch))
        bench.step()
