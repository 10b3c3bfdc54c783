import json
import re
from functools import partial
from typing import Any

import pytest

from surefoot.client.wait import DEFAULT_TIMEOUT_S
from surefoot.device.server import Op
from surefoot.errors import Busy, Conflict, NotFound
from tests.cli.conftest import Run
from tests.client.story import RUN, Machine

INSTALLED = ("INPROGRESS", "Update installed")
UPDATED = ("UPDATED", "Update finished, revision not set as rollback point")
ERROR = ("ERROR", "A container could not be started")


def plays(machine: Machine, *points: tuple[str, str], running: str = RUN, **facts: Any) -> None:
    """What the device does once it is commanded."""
    desk = machine.desk

    def on_command(_op: Op, payload: str) -> bool:
        desk.begin(payload or running)
        machine.then(
            *(partial(desk.tell, *point) for point in points),
            partial(desk.is_now, running=running, **facts),
        )
        return True

    desk.on_command = on_command


@pytest.mark.parametrize(
    ("words", "op", "payload"),
    [
        (["run", "one"], Op.LOCAL_RUN, RUN),
        (["run", "locals/one"], Op.LOCAL_RUN, RUN),
        (["run", "7"], Op.LOCAL_RUN, "7"),
        (["run-commit", "one"], Op.LOCAL_RUN_COMMIT, RUN),
        (["apply", "one"], Op.LOCAL_APPLY, RUN),
        (["abort"], Op.ABORT, ""),
        (["rollback"], Op.ROLLBACK, ""),
        (["reboot", "new kernel"], Op.REBOOT_DEVICE, "new kernel"),
        (["poweroff"], Op.POWEROFF_DEVICE, ""),
        (["make-factory"], Op.MAKE_FACTORY, ""),
        (["make-factory", "one"], Op.MAKE_FACTORY, RUN),
        (["go-remote"], Op.GO_REMOTE, ""),
        (["unclaim"], Op.UNCLAIM, ""),
    ],
)
def test_each_verb_gives_its_command_and_does_not_wait(
    ctl: Run, machine: Machine, words: list[str], op: Op, payload: str
) -> None:
    ran = ctl(*words)
    assert machine.desk.asked == [(op, payload)]
    assert (ran.code, ran.out) == (0, f"accepted: {op} {payload}".rstrip() + "\n")


def test_what_is_so_already_is_said(ctl: Run, machine: Machine) -> None:
    machine.desk.on_command = lambda *_: False
    assert ctl("unclaim").out == "nothing to do: UNCLAIM\n"
    told = json.loads(ctl("unclaim", "--json").out)
    assert told == {"kind": "command", "op": "UNCLAIM", "payload": "", "was_needed": False}


def test_a_waited_update_that_ends_well_is_0(ctl: Run, machine: Machine) -> None:
    plays(machine, INSTALLED, UPDATED)
    ran = ctl("run", "one", "--wait")
    assert ran.code == 0
    assert "Update installed" in ran.out
    assert ran.out.splitlines()[-1].endswith("Update finished, revision not set as rollback point")


def test_a_waited_update_that_is_refused_is_3(ctl: Run, machine: Machine) -> None:
    plays(machine, ("WONTGO", "State JSON has bad format"), running="0")
    ran = ctl("run", "one", "--wait")
    assert ran.code == 3
    assert ran.err == "surefoot: locals/one ended WONTGO: State JSON has bad format\n"


def test_a_waited_update_that_fails_is_4_once_the_device_is_back(
    ctl: Run, machine: Machine
) -> None:
    """R13: what a script does next meets no device in a reboot."""
    plays(machine, INSTALLED, ERROR, running="0", status="READY")
    ran = ctl("run", "one", "--wait")
    assert ran.code == 4
    assert ran.err == (
        "surefoot: locals/one ended ERROR: A container could not be started;"
        " the device runs 0 again\n"
    )


def test_a_wait_that_runs_out_is_6(ctl: Run, machine: Machine) -> None:
    plays(machine, INSTALLED, running="0")
    ran = ctl("run", "one", "--wait", "--timeout", "0.3")
    assert ran.code == 6
    assert "the update to locals/one did not come to its end within 0.3 s" in ran.err


def test_a_busy_device_is_75(ctl: Run, machine: Machine) -> None:
    def busy(_op: Op, _payload: str) -> bool:
        raise Busy("A command is already in progress. Try again")

    machine.desk.on_command = busy
    for words in (["run", "one"], ["run", "one", "--wait"], ["reboot", "--wait"]):
        ran = ctl(*words)
        assert (ran.code, ran.err) == (
            75,
            "surefoot: A command is already in progress. Try again\n",
        )


def test_a_refused_command_is_3(ctl: Run, machine: Machine) -> None:
    def refuse(_op: Op, _payload: str) -> bool:
        raise Conflict("There is nothing to abort")

    machine.desk.on_command = refuse
    ran = ctl("abort")
    said = "surefoot: ABORT: There is nothing to abort; see `surefoot ctl status`\n"
    assert (ran.code, ran.err) == (3, said)


@pytest.mark.parametrize("words", [["run"], ["run", "--wait"], ["apply"], ["make-factory"]])
def test_a_revision_that_is_not_there_is_named_with_the_way_to_find_one(
    ctl: Run, machine: Machine, words: list[str]
) -> None:
    def refuse(_op: Op, _payload: str) -> bool:
        raise NotFound("no such revision")

    machine.desk.on_command = refuse
    ran = ctl(words[0], "nosuch", *words[1:])
    assert ran.code == 3
    said = (
        r"surefoot: [A-Z_]+ locals/nosuch: Resource does not exist.*; see `surefoot ctl steps` .*"
    )
    assert re.fullmatch(said, ran.err.rstrip())


def test_with_json_each_line_of_an_update_is_an_object(ctl: Run, machine: Machine) -> None:
    plays(machine, INSTALLED, UPDATED)
    lines = [json.loads(line) for line in ctl("run", "one", "--wait", "--json").out.splitlines()]
    assert [(line["kind"], line["status"]) for line in lines] == [
        ("progress", "INPROGRESS"),
        ("progress", "UPDATED"),
        ("result", "UPDATED"),
    ]
    assert lines[0] == {
        "kind": "progress",
        "revision": RUN,
        "status": "INPROGRESS",
        "status-msg": "Update installed",
        "cause": "",
        "since": lines[0]["since"],
        "change": 1,
    }
    assert lines[-1] == {
        "kind": "result",
        "revision": RUN,
        "status": "UPDATED",
        "status-msg": UPDATED[1],
        "exit_code": 0,
    }


def test_a_commit_is_waited_for_until_it_is_done(ctl: Run, machine: Machine) -> None:
    plays(machine, UPDATED, ("DONE", "Update finished, revision set as rollback point"))
    assert "set as rollback point" in ctl("run-commit", "one", "--wait").out.splitlines()[-1]


def test_an_applied_revision_is_0_and_stays_so(ctl: Run, machine: Machine) -> None:
    plays(machine, INSTALLED, ("INPROGRESS", "Update applied"), running="0")
    ran = ctl("apply", "one", "--wait")
    assert ran.code == 0
    assert ran.out.splitlines()[-1].endswith("Update applied")


@pytest.mark.parametrize("words", [["rollback"], ["reboot"], ["make-factory"]])
def test_other_commands_are_over_when_the_device_is_at_rest(
    ctl: Run, machine: Machine, words: list[str]
) -> None:
    desk = machine.desk
    desk.facts["command"] = {"op": "X"}
    plays(machine, command=None, running="0")
    ran = ctl(*words, "--wait")
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "runs 0, READY"


def test_power_off_can_be_waited_for(ctl: Run, machine: Machine) -> None:
    def off(_op: Op, _payload: str) -> bool:
        machine.then(machine.off)
        return True

    machine.desk.on_command = off
    assert ctl("poweroff", "--wait").code == 0


def test_every_wait_has_an_end_by_default(ctl: Run) -> None:
    assert 0 < DEFAULT_TIMEOUT_S < 3600
    assert f"{DEFAULT_TIMEOUT_S:g}" in ctl("run", "--help").out
