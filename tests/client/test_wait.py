from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from surefoot.client.wait import (
    APPLIED,
    EXIT_CODES,
    Entry,
    Look,
    Waiter,
    until_applied,
    until_idle,
    until_ran,
)
from surefoot.errors import TimedOut, Unreachable
from surefoot.update import tables
from surefoot.wire.progress import Progress, Status
from tests.client.story import RUN, Machine

STARTING = "Starting updated version"
STABLE = "Awaiting to see if update is stable"
UPDATED = "Update finished, revision not set as rollback point"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    try:
        yield made
    finally:
        made.close()


def words(entries: list[Entry]) -> list[str]:
    return [f"{entry.status} {entry.message}" for entry in entries]


def test_each_line_of_an_update_is_told_once_and_in_order(machine: Machine) -> None:
    desk, heard = machine.desk, list[Entry]()
    waiter = Waiter(machine.client, RUN)
    desk.begin(RUN)
    machine.then(
        partial(desk.tell, "INPROGRESS", "Update installed"),
        partial(desk.tell, "INPROGRESS", STARTING, "app/root.squashfs changed"),
        partial(desk.is_now, running=RUN, status="STARTING"),
        partial(desk.tell, "TESTING", STABLE),
        partial(desk.tell, "UPDATED", UPDATED),
    )
    look = waiter.wait(until_ran(RUN), heard.append)
    assert words(heard) == [
        "INPROGRESS Update installed",
        f"INPROGRESS {STARTING}",
        f"TESTING {STABLE}",
        f"UPDATED {UPDATED}",
    ]
    assert heard[1].cause == "app/root.squashfs changed"
    assert look.progress
    assert look.progress.status is Status.UPDATED


def test_lines_that_fall_into_a_reboot_are_told_all_the_same(machine: Machine) -> None:
    desk, heard = machine.desk, list[Entry]()
    waiter = Waiter(machine.client, RUN)
    desk.begin(RUN)
    machine.then(
        partial(desk.tell, "INPROGRESS", "Update installed"),
        partial(desk.tell, "INPROGRESS", "Rebooting", heard=False),
        machine.off,
        partial(desk.tell, "INPROGRESS", STARTING, heard=False),
        machine.on,
        partial(desk.is_now, running=RUN, rollback_point=RUN),
        partial(desk.tell, "DONE", "Update finished, revision set as rollback point"),
    )
    waiter.wait(until_ran(RUN), heard.append)
    assert words(heard) == [
        "INPROGRESS Update installed",
        "INPROGRESS Rebooting",
        f"INPROGRESS {STARTING}",
        "DONE Update finished, revision set as rollback point",
    ]


def test_a_change_that_happens_without_any_event_is_found_by_looking(machine: Machine) -> None:
    desk, heard = machine.desk, list[Entry]()
    waiter = Waiter(machine.client, RUN)
    desk.begin(RUN)
    desk.pointers["running"] = RUN
    machine.then(partial(desk.tell, "UPDATED", UPDATED, heard=False))
    waiter.wait(until_ran(RUN), heard.append)
    assert words(heard) == [f"UPDATED {UPDATED}"]


def test_what_was_recorded_before_the_command_is_not_told(machine: Machine) -> None:
    desk, heard = machine.desk, list[Entry]()
    desk.begin(RUN)
    desk.tell("ERROR", "Status goal not reached")
    waiter = Waiter(machine.client, RUN)
    desk.tell("NEW", "Update ready to be run")
    machine.then(partial(desk.tell, "WONTGO", "State JSON has bad format"))
    waiter.wait(until_ran(RUN), heard.append)
    assert words(heard) == [
        "NEW Update ready to be run",
        "WONTGO State JSON has bad format",
    ]


def test_other_revisions_are_not_told_unless_all_are_asked_for(machine: Machine) -> None:
    desk, own, every = machine.desk, list[Entry](), list[Entry]()
    one, all_of_them = Waiter(machine.client, RUN), Waiter(machine.client)
    desk.begin("locals/other")
    desk.tell("ERROR", "Unexpected rollback")
    desk.begin(RUN)
    desk.tell("WONTGO", "Update aborted")
    one.wait(until_ran(RUN), own.append)
    all_of_them.wait(until_idle, every.append)
    assert words(own) == ["WONTGO Update aborted"]
    assert words(every) == ["ERROR Unexpected rollback", "WONTGO Update aborted"]


def look(progress: str, running: str = RUN, message: str = "", **facts: object) -> Look:
    shown = {"running": running, "status": "READY", "command": None, "update": None} | facts
    return Look(shown, Progress(Status(progress), message, 0))


def test_going_back_to_the_rollback_point_ends_when_it_runs_and_not_before() -> None:
    """R25: its record says DONE all the time."""
    assert not until_ran("0")(look("DONE", running=RUN))
    assert until_ran("0")(look("DONE", running="0"))


def test_a_commit_of_the_running_revision_is_not_over_while_it_is_updated() -> None:
    assert not until_ran(RUN, committed=True)(look("UPDATED"))
    assert until_ran(RUN, committed=True)(look("DONE"))
    assert until_ran(RUN, committed=True)(look("ERROR", running="0"))


def test_an_applied_revision_waits_for_the_reboot_and_we_do_not() -> None:
    assert until_applied(look("INPROGRESS", message=APPLIED))
    assert until_applied(look("WONTGO", message="State JSON has bad format"))
    assert not until_applied(look("INPROGRESS", message="Update installed"))
    assert not until_applied(Look({}, None))


def test_idle_means_nothing_in_work_and_all_goals_reached() -> None:
    assert until_idle(look("DONE"))
    assert not until_idle(look("DONE", command={"op": "REBOOT_DEVICE"}))
    assert not until_idle(look("DONE", update={"stage": "goals"}))
    assert not until_idle(look("DONE", status="STARTED"))


def test_every_final_status_has_an_exit_code_and_no_other() -> None:
    assert EXIT_CODES.keys() == tables.FINAL
    assert tables.APPLIED.message == APPLIED


def test_a_wait_has_an_end(machine: Machine) -> None:
    """peers 3: hub.mender.io/t/8299."""
    waiter = Waiter(machine.client, RUN, timeout_s=0.1)
    with pytest.raises(TimedOut, match=r"locals/one did not come to its end within 0.1 s"):
        waiter.wait(until_ran(RUN))


def test_a_device_that_stays_away_is_not_waited_for_for_ever(machine: Machine) -> None:
    waiter = Waiter(machine.client, RUN, patience_s=0.1)
    machine.off()
    with pytest.raises(Unreachable, match=r"nobody has answered at .* for 0.1 s"):
        waiter.wait(until_ran(RUN))


def test_nobody_there_at_the_start_is_said_at_once(machine: Machine) -> None:
    machine.off()
    with pytest.raises(Unreachable):
        Waiter(machine.client, RUN)


def test_power_off_is_over_when_nobody_answers(machine: Machine) -> None:
    waiter = Waiter(machine.client)
    machine.then(machine.off)
    waiter.wait_until_gone()
    machine.on()
    with pytest.raises(TimedOut):
        Waiter(machine.client, timeout_s=0.05).wait_until_gone()
