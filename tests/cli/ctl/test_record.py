"""Golden outputs of status, changes and change, as text and as JSON."""

import json

import pytest

from tests.cli.conftest import Run
from tests.cli.goldens import golden
from tests.cli.views.answers import CHANGES, STATUS
from tests.client.story import Machine


@pytest.fixture(autouse=True)
def _story(machine: Machine) -> None:
    machine.desk.pointers.update({key: STATUS[key] for key in machine.desk.pointers})
    machine.desk.facts.update(STATUS)
    machine.desk.told = json.loads(json.dumps(CHANGES))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["status"], "status.txt"),
        (["status", "--json"], "status.json"),
        (["changes"], "changes.txt"),
        (["changes", "--json"], "changes.json"),
        (["change", "2"], "change.txt"),
        (["change", "2", "--json"], "change.json"),
    ],
)
def test_it_prints_what_the_golden_file_says(ctl: Run, arguments: list[str], name: str) -> None:
    ran = ctl(*arguments)
    assert ran.out == golden(name)
    assert (ran.code, ran.err) == (0, "")


def test_json_is_the_device_s_own_answer(ctl: Run) -> None:
    assert json.loads(ctl("changes", "--json").out) == CHANGES
    shown = json.loads(ctl("status", "--json").out)
    assert {key: shown[key] for key in STATUS} == STATUS
    assert isinstance(shown["event"], int)


def test_a_change_that_is_not_there_is_refused_in_one_sentence(ctl: Run) -> None:
    ran = ctl("change", "9")
    assert ran.code == 3
    assert ran.err.startswith("surefoot: change 9: Resource does not exist: There is no ch")
    assert "see `surefoot ctl changes`" in ran.err


def test_status_can_wait_until_the_device_is_at_rest(ctl: Run, machine: Machine) -> None:
    desk = machine.desk
    machine.then(lambda: desk.is_now(status="READY", command=None, update=None))
    ran = ctl("status", "--wait", "--json")
    assert json.loads(ran.out)["status"] == "READY"


def test_a_status_that_never_comes_to_rest_is_told_as_time_out(ctl: Run) -> None:
    ran = ctl("status", "--wait", "--timeout", "0.2")
    assert ran.code == 6
    assert "did not come to its end within 0.2 s" in ran.err
