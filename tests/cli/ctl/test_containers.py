import json
import threading

import pytest

from surefoot.device.server import Action
from tests.cli.conftest import Run
from tests.client.story import Machine


def shown(status: str, pid: int | None) -> dict[str, object]:
    return {"name": "app", "status": status, "goal": "STARTED", "pid": pid}


def acts(machine: Machine, monkeypatch: pytest.MonkeyPatch, status: str, pid: int | None) -> None:
    """The container comes to this once it is acted upon."""
    machine.desk.facts["containers"] = [shown("STARTED", 7)]

    def act(name: str, action: Action) -> None:
        machine.desk.asked.append((name, action))
        threading.Timer(
            0.05, lambda: machine.desk.facts.update(containers=[shown(status, pid)])
        ).start()

    monkeypatch.setattr(machine.desk, "container_action", act)


@pytest.mark.parametrize("words", [["containers"], ["containers", "ls"]])
def test_containers_are_listed(ctl: Run, words: list[str]) -> None:
    lines = ctl(*words).out.splitlines()
    assert [line.split()[0] for line in lines] == ["CONTAINER", "app", "base"]
    assert [one["name"] for one in json.loads(ctl(*words, "--json").out)] == ["app", "base"]


@pytest.mark.parametrize("action", list(Action))
def test_an_action_is_given_and_not_waited_for(ctl: Run, machine: Machine, action: Action) -> None:
    ran = ctl("containers", action.value, "app")
    assert machine.desk.asked == [("app", action)]
    assert ran.out == "app: accepted\n"


@pytest.mark.parametrize(
    ("action", "status", "pid"),
    [("stop", "STOPPED", None), ("restart", "STARTED", 8), ("start", "STARTED", 7)],
)
def test_an_action_can_be_waited_for(
    ctl: Run,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    status: str,
    pid: int | None,
) -> None:
    acts(machine, monkeypatch, status, pid)
    ran = ctl("containers", action, "app", "--wait")
    assert (ran.code, ran.out) == (0, f"app: {status}\n")


def test_a_restart_is_not_over_while_the_old_one_runs(
    ctl: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(machine, monkeypatch, "STARTED", 7)
    ran = ctl("containers", "restart", "app", "--wait", "--timeout", "0.3")
    assert (ran.code, ran.err) == (6, "surefoot: app is STARTED after 0.3 s\n")


def test_a_container_of_the_system_is_left_alone(ctl: Run) -> None:
    ran = ctl("containers", "stop", "base")
    assert ran.code == 3
    assert "restart_policy 'system'" in ran.err


def test_a_container_that_is_not_there_is_said_so(ctl: Run) -> None:
    ran = ctl("containers", "stop", "absent")
    assert ran.code == 3
    assert ran.err.startswith("surefoot: stop absent: Container not found; see `surefoot ctl cont")
