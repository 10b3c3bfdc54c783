"""The composition: boots, the queue, facts of one machine for the other, healing, garbage."""

import pytest

from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, Cause
from surefoot.wire.progress import Status
from tests.device.composed import (
    BASE,
    NEW_BASE,
    REMOTE,
    SEVEN,
    STATES,
    WITH_READY,
    Bench,
    X,
    Y,
    done,
    of,
    stored,
)
from tests.revision.states import app, state

QUEUED = stored(tables.QUEUED, 0, 0, 3)


def logged(bench):
    return [(e.level, e.source, e.message) for e in of(dev.Log, bench.effects)]


# --- boots --------------------------------------------------------------------------------------


def test_a_done_revision_boots_and_nothing_of_its_record_is_touched():
    """R9."""
    bench = Bench().on()
    assert bench.log == []
    assert set(bench.running_pids()) == {"app", "base"}


def test_a_hundred_interrupted_boots_spend_no_try():
    """peers 3: rauc#490, #683: tries exist only while `pv_try` is set."""
    bench = Bench()
    for _ in range(100):
        bench.boot()
        for _ in range(3):
            bench.step()
    bench.on()
    assert (bench.log, bench.pv_rev, bench.pv_try) == ([], "0", None)


def test_a_done_revision_with_sick_data_is_never_rolled_back():
    """R12; peers 3: greenboot#26: it stays up, reports, waits; a hundred boots change nothing."""
    bench = Bench()
    bench.pv_rev = X
    bench.progress[X] = done(X)
    for _ in range(100):
        bench.on(X, sick={"app": "app/root.squashfs has other bytes"})
        assert (bench.left, bench.stage) == (None, None)
    assert (bench.log, bench.pv_rev, bench.pv_try) == ([], X, None)


def test_a_done_revision_whose_containers_die_is_never_rolled_back():
    """R10, R11; peers 3: greenboot#26."""
    bench = Bench(dead={"app"}, pv_rev=X)
    bench.progress[X] = done(X)
    bench.on(X)
    assert (bench.left, bench.stage, bench.log) == (None, None, [])
    assert set(bench.running_pids()) == {"base"}


@pytest.mark.parametrize("op", ["REBOOT_DEVICE", "POWEROFF_DEVICE"])
def test_a_planned_end_is_journalled_and_any_boot_completes_it(op):
    """R9, R13; peers 3: meta-balena#1316: our own reboot is no failed boot."""
    bench = Bench().on().updated(X)
    bench.command(op)
    assert bench.journal == dev.Command(op)
    bench.on(X)  # the power failed before the containers were stopped: this boot is the try
    assert bench.journal is None
    bench.fire(COMMIT_TIMER)
    assert bench.points()[-1] is tables.DONE


def test_a_try_that_is_sick_never_starts_a_container():
    """R12, last column."""
    bench = Bench(pv_try=X)
    bench.progress[X] = stored(tables.REBOOTING)
    bench.boot(X, cause=Cause.BAD_OBJECT)
    assert not of(sup_do.Prepare, bench.effects)
    assert bench.points() == [tables.ERROR[Cause.BAD_OBJECT]]
    assert bench.left is not None


def test_an_unreadable_state_leaves_the_socket_and_a_way_out():
    """R12: only the socket is served; a run from there takes a reboot."""
    bench = Bench({X: STATES[X]}).on()
    assert bench.running_pids() == {}
    bench.run(X)
    assert bench.left is not None
    assert bench.pv_try == X


def test_a_factory_revision_is_done_when_its_goals_are_reached():
    """R9."""
    bench = Bench()
    bench.progress.clear()
    bench.on()
    assert bench.points("0") == [tables.FACTORY]


def test_a_factory_revision_with_a_sick_container_has_not_reached_its_goals():
    """R9, R12: and once the container is healed it has."""
    bench = Bench()
    bench.progress.clear()
    bench.on(sick={"app": "bad bytes"})
    assert bench.points("0") == []
    bench.give(dev.Healed(("app",)))
    bench.settle()
    assert bench.points("0") == [tables.FACTORY]


def test_an_update_may_run_before_the_factory_revision_is_done():
    """R5: one that never gets its goals must still be replaceable."""
    never = state(BASE, app("app", group="app", status_goal="READY"))
    bench = Bench({**STATES, "0": never})
    bench.progress.clear()
    bench.on().updated(X)
    assert bench.device.update.running == X


# --- a journalled command (R9, R13) -------------------------------------------------------------


def test_a_command_that_was_cut_begins_again_and_the_third_start_is_not_made():
    """R9."""
    bench = Bench().on()
    bench.command("LOCAL_RUN", X)
    bench.boot()
    assert bench.journal == dev.Command("LOCAL_RUN", X, 2)
    bench.boot()
    assert bench.points()[-1] is tables.ERROR[Cause.INTERNAL]
    assert (bench.journal, bench.stage) == (None, None)


def test_waiting_is_no_start():
    """R9: the third START without an end."""
    bench = Bench().on().updated(X)
    bench.command("LOCAL_RUN", Y)
    for running in (X, "0"):
        bench.boot(running)
    assert tables.ERROR[Cause.INTERNAL] not in bench.points(Y)


@pytest.mark.parametrize(
    "ended", [tables.UPDATED, tables.ERROR[Cause.GOAL]], ids=lambda p: p.status
)
def test_a_run_that_has_its_final_record_only_lacked_its_end(ended):
    bench = Bench(journal=dev.Command("LOCAL_RUN", X, 1))
    bench.progress[X] = stored(ended)
    bench.on()
    assert (bench.journal, bench.log) == (None, [])


def test_a_run_that_is_armed_is_carried_on_by_its_try():
    bench = Bench(journal=dev.Command("LOCAL_RUN", X, 1), pv_try=X)
    bench.progress[X] = stored(tables.INSTALLED)
    bench.on(X)
    assert bench.journal is None
    assert bench.points()[0] is tables.STARTING


def test_a_run_that_was_only_accepted_is_not_ended_by_an_older_record():
    """R13, R25: it waits with the record of its last change still there."""
    bench = Bench(journal=dev.Command("LOCAL_RUN", X, 0))
    bench.progress[X] = stored(tables.ERROR[Cause.GOAL])
    bench.on()
    assert bench.points()[0] is tables.READY_TO_RUN
    assert bench.work.revision == X


def test_a_journal_that_means_nothing_is_dropped_and_said():
    """One of another release, or a bad byte: the agent must start."""
    bench = Bench(journal=dev.Command("SOMETHING_NEW", "x")).on()
    assert bench.journal is None
    assert any("SOMETHING_NEW" in message for _, _, message in logged(bench))


# --- the queue (R16, R17) and remote steps ------------------------------------------------------


def test_a_step_found_at_rest_begins():
    bench = Bench(modes=REMOTE).on()
    bench.give(dev.StepFound(SEVEN))
    bench.settle()
    bench.fire(COMMIT_TIMER)
    assert bench.progress[SEVEN] == stored(tables.UPDATED, 1)


def test_steps_that_are_found_meanwhile_are_queued():
    """R16; peers 3: greengrass-nucleus#807: one in work blocks none for ever."""
    bench = Bench(modes=REMOTE).on()
    bench.give(dev.StepFound(SEVEN))
    bench.step()
    bench.give(dev.StepFound("8"))
    assert bench.progress["8"] == QUEUED
    assert bench.work.revision == SEVEN


def test_three_steps_at_once_end_in_their_order():
    """device.md 1: 1, 2 and 3 each UPDATED with retries 1, in order."""
    steps = {"1": STATES[X], "2": STATES[Y], "3": STATES["0"]}
    bench = Bench({**STATES, **steps}, modes=REMOTE).on()
    for step in steps:
        bench.give(dev.StepFound(step))
    for _ in steps:
        bench.settle()
        bench.fire(COMMIT_TIMER)
    ended = [name for name, point in bench.log if point is tables.UPDATED]
    assert ended == ["1", "2", "3"]
    assert all(bench.progress[step].retries == 1 for step in steps)


def test_the_lowest_number_counts_as_a_number():
    """10 comes after 9."""
    bench = Bench(modes=REMOTE)
    bench.progress |= {"10": QUEUED, "9": QUEUED}
    bench.boot(waiting=(("10", 0), ("9", 0)))
    assert bench.work.revision == "9"


def test_steps_that_a_cut_interrupted_are_taken_up_after_the_boot():
    """R9: back to QUEUED, the cut start counted."""
    bench = Bench(modes=REMOTE)
    bench.progress[SEVEN] = stored(tables.DOWNLOADING, 1, 1, 3)
    bench.boot(waiting=((SEVEN, 1),))
    assert bench.progress[SEVEN] == stored(tables.QUEUED, 1, 1, 3)


def test_a_step_whose_starts_are_spent_makes_room_for_the_next():
    """R15, R16."""
    bench = Bench(modes=REMOTE)
    bench.progress |= {SEVEN: stored(tables.QUEUED, 2, 2, 3), "8": QUEUED}
    bench.boot(waiting=((SEVEN, 2), ("8", 0)))
    assert bench.progress[SEVEN].status is Status.WONTGO
    assert bench.work.revision == "8"


def test_a_step_with_a_final_record_is_answered_with_it():
    """R17, flows.md: nothing is redone."""
    bench = Bench(modes=REMOTE)
    bench.progress[SEVEN] = stored(tables.ERROR[Cause.GOAL], 1)
    bench.on()
    effects = bench.give(dev.StepFound(SEVEN, bench.progress[SEVEN]))
    assert effects == [up_do.Report(SEVEN)]


def test_a_step_older_than_the_running_remote_revision_is_stale():
    """R17: nothing rolled back, nothing run, its count kept."""
    bench = Bench(modes=REMOTE, pv_rev="8")
    bench.progress |= {"8": done("8"), SEVEN: stored(tables.QUEUED, 1, 1, 3)}
    bench.on("8", waiting=((SEVEN, 1),))
    assert bench.progress[SEVEN] == stored(tables.ERROR[Cause.STALE], 1)
    assert bench.device.update.running == "8"
    assert bench.stage is None


def test_a_running_local_revision_counts_as_none():
    """R17."""
    bench = Bench(modes=Modes(True, True)).on().updated(X)
    bench.give(dev.StepFound(SEVEN))
    bench.settle()
    assert bench.device.update.running == SEVEN


def test_the_same_step_found_again_is_one_step():
    bench = Bench(modes=REMOTE).on()
    for _ in range(3):
        bench.give(dev.StepFound(SEVEN))
        bench.give(dev.StepFound("8"))
    assert [name for name, _ in bench.device.queue] == ["8"]


def test_in_local_mode_steps_wait():
    """R20."""
    bench = Bench(modes=REMOTE).on().updated(X)
    bench.give(dev.StepFound(SEVEN))
    assert (bench.remote, bench.stage) == (False, None)
    assert bench.progress[SEVEN].status is Status.QUEUED
    assert not of(up_do.Report, bench.effects), "and the Hub is not told"


def test_a_cancelled_step_is_given_up():
    """R14."""
    bench = Bench(modes=REMOTE, held=Status.CANCELLED).on()
    bench.give(dev.StepFound(SEVEN))
    bench.settle()
    assert bench.points(SEVEN) == [tables.QUEUED, tables.CANCELLED]
    assert bench.stage is None


def test_three_starts_mean_two_retries_and_the_end():
    """R15, with 3: `Retry 1 of 3`, `Retry 2 of 3`, WONTGO."""
    bench = Bench(modes=REMOTE).on()
    bench.give(dev.StepFound(SEVEN))
    texts = []
    for _ in range(30):
        if not bench.todo:
            break
        effect = bench.todo.pop(0)
        failed = [up_on.FetchFailed(SEVEN)] if isinstance(effect, up_do.Fetch) else None
        for event in failed or bench.answer(effect):
            bench.give(event)
            texts.append(bench.progress[SEVEN].message)
    shown = list(dict.fromkeys(text for text in texts if text.startswith(("Retry ", "Max"))))
    assert shown == ["Retry 1 of 3", "Retry 2 of 3", "Max download retries reached"]


# --- modes (R20) --------------------------------------------------------------------------------


@pytest.mark.parametrize(("always", "mode"), [(False, False), (True, True)])
def test_running_a_local_revision_turns_to_local_mode_unless_told_otherwise(always, mode):
    """R20: PV_CONTROL_REMOTE_ALWAYS."""
    bench = Bench(modes=Modes(True, always)).on().run(X)
    assert bench.remote is mode


def test_the_mode_is_stored_before_the_boot_file_is_armed():
    """R20: no cut leaves a local try in remote mode."""
    bench = Bench(modes=REMOTE).on().run(X)
    order = [type(e) for e in bench.effects if isinstance(e, dev.SetMode | up_do.Arm)]
    assert order == [dev.SetMode, up_do.Arm]


def test_staging_runs_nothing_and_keeps_the_mode():
    """R20, R3."""
    bench = Bench(modes=REMOTE).on().run(X, "LOCAL_APPLY")
    assert bench.remote is True


@pytest.mark.parametrize("how", ["switch", "boot"])
def test_coming_back_to_a_remote_revision_turns_remote_mode_on(how):
    """R20: rolling back to a remote revision too."""
    bench = Bench(modes=REMOTE, pv_rev=SEVEN, dead={"app.3"})
    bench.states[X] = STATES[Y]
    bench.progress[SEVEN] = done(SEVEN)
    if how == "switch":
        bench.on(SEVEN).run(X)
        assert bench.points()[-1].status is Status.ERROR
    else:
        bench.remote, bench.pv_try = False, X
        bench.progress[X] = stored(tables.TESTING_COMMIT)
        bench.on(SEVEN)
    assert bench.device.update.running == SEVEN
    assert bench.remote is True


def test_the_first_boot_of_a_local_try_is_in_local_mode():
    bench = Bench(modes=REMOTE, pv_try=X)
    bench.progress[X] = stored(tables.INSTALLED)
    bench.on(X)
    assert bench.remote is False


# --- facts, healing -----------------------------------------------------------------------------


def test_a_container_that_fails_is_logged_in_the_references_words():
    """device.md 1, known good results: the lines that ERROR carries (R7)."""
    bench = Bench(dead={"app.3"}).on()
    bench.run(X)
    assert ("ERROR", "state", "platform 'app' is not running") in logged(bench)
    text = "a platform did not work as expected. Tearing down..."
    assert ("ERROR", "controller", text) in logged(bench)
    effects = bench.effects
    errors = [effects.index(e) for e in of(dev.Log, effects) if e.level == "ERROR"]
    saved = next(e for e in of(up_do.Save, effects) if e.point.status is Status.ERROR)
    assert max(errors) < effects.index(saved), "logged first, so that the record has it (R7)"


def test_a_goal_that_is_missed_is_logged_in_the_references_words():
    """device.md 1."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    bench.fire("goal:app")
    text = "platform 'app' status goal timed out after waiting for more than 30 secs"
    assert ("ERROR", "platforms", text) in logged(bench)
    text = "timed out before all goals were met. Rolling back..."
    assert ("ERROR", "controller", text) in logged(bench)
    assert bench.points()[-1] is tables.ERROR[Cause.GOAL]


def test_outside_an_update_a_missed_goal_rolls_nothing_back():
    """R10."""
    bench = Bench({**STATES, "0": WITH_READY}).on()
    bench.fire("goal:app")
    assert (bench.left, bench.stage, bench.log) == (None, None, [])
    assert not [line for line in logged(bench) if "Rolling back" in line[2]]


def test_a_container_out_of_retries_reboots_the_device_outside_an_update_only():
    """device.md 10, R11."""
    rule = {"policy": "always", "max_retries": 1, "retry_delay": 1, "backoff_policy": "reboot"}
    sick = state(BASE, app("app", "2", group="app", auto_recovery=rule))
    for states, leaves in (({**STATES, "0": sick}, True), ({**STATES, X: sick}, False)):
        bench = Bench(states).on()
        if not leaves:
            bench.run(X)
        one = bench.device.supervisor.named("app").id
        bench.give(sup_on.Exited(one, 1))
        bench.fire(f"recover:{one}")
        bench.give(sup_on.Exited(one, 1))
        assert (bench.device.leaving is not None) is leaves


def test_nothing_is_committed_while_a_container_is_down():
    """R11, seed "TESTING"."""
    rule = {"policy": "always", "retry_delay": 10, "max_retries": 5}
    new = state(BASE, app("app", "2", group="app", auto_recovery=rule))
    bench = Bench({**STATES, X: new}).on().run(X)
    one = bench.device.supervisor.named("app").id
    bench.give(sup_on.Exited(one, 1))
    bench.fire(COMMIT_TIMER)
    assert bench.points()[-1] is tables.TESTING_CONTAINERS
    bench.fire(f"recover:{one}")
    assert bench.points()[-1] is tables.UPDATED


def test_a_healed_container_starts():
    """R12: a fresh PUT of the object heals it."""
    bench = Bench().on(sick={"app": "bad bytes"})
    base = bench.running_pids()["base"]
    bench.give(dev.Healed(("app",)))
    bench.settle()
    assert set(bench.running_pids()) == {"app", "base"}
    assert bench.running_pids()["base"] == base


def test_a_container_that_was_healed_during_an_update_starts_when_that_ends():
    """R12."""
    bench = Bench().on(sick={"app": "bad bytes"})
    bench.command("LOCAL_RUN", X)
    bench.give(dev.Healed(("app",)))
    bench.command("ABORT")
    bench.settle()
    assert set(bench.running_pids()) == {"app", "base"}


def test_untouched_containers_keep_their_process_there_and_back():
    """R5, seed "Non-reboot transition"."""
    bench = Bench({**STATES, X: WITH_READY}).on()
    base = bench.running_pids()["base"]
    bench.run(X)
    bench.fire("goal:app")
    assert bench.device.update.running == "0"
    assert bench.running_pids()["base"] == base


# --- garbage ------------------------------------------------------------------------------------


def test_garbage_is_told_what_to_keep():
    """R21."""
    bench = Bench().on().updated(X)
    bench.give(dev.GarbageAsked(7))
    assert of(dev.CollectGarbage, bench.effects) == [dev.CollectGarbage(frozenset({"0", X}), 7)]


def test_a_step_that_is_found_while_garbage_is_collected_begins_afterwards():
    bench = Bench(modes=REMOTE).on()
    bench.give(dev.GarbageAsked())
    bench.give(dev.StepFound(SEVEN))
    assert bench.stage is None
    bench.settle()
    assert bench.device.update.running == SEVEN


def test_a_reboot_update_goes_through_all_of_its_messages():
    """R2, device.md 1: the known good result, byte for byte as far as it is decided here."""
    bench = Bench({**STATES, X: NEW_BASE}).on().run(X).reboots()
    bench.fire(COMMIT_TIMER)
    assert bench.points() == [
        tables.READY_TO_RUN,
        tables.INSTALLED,
        tables.REBOOTING,
        tables.STARTING,
        tables.TESTING_COMMIT,
        tables.DONE,
    ]
    assert bench.progress[X] == stored(tables.DONE)
