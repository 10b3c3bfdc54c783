"""Containers by events: taking over a revision, exits, recoveries, commands, signals."""

from dataclasses import replace

import pytest

from surefoot.supervisor import effects as do
from surefoot.supervisor import events as on
from tests.supervisor.bench import (
    ALWAYS,
    GROUPS,
    Bench,
    Fact,
    S,
    box,
    data,
    facts_of,
    ready,
    wanted,
)

BASE = box("base", group="root")


def up(*containers, **more):
    return Bench().boot(*containers, **more)


# --- taking over a revision ---------------------------------------------------------------------


def test_a_container_that_is_the_same_in_both_keeps_its_process():
    """R5, issue item 5: the same init, the same instance, in an update and on the way back."""
    bench = up(BASE, box("app"))
    pid = bench.pid("base")
    bench.adopt("locals/x", BASE, box("app", "2"), trial=True)
    bench.settle()
    bench.adopt("0", BASE, box("app"))
    bench.settle()
    assert (bench.one("base").id, bench.pid("base")) == ("base.1", pid)
    assert not [e for e in bench.effects if isinstance(e, do.Stop) and e.name == "base"]


def test_a_kept_container_still_counts_for_the_goals():
    bench = up(ready("base", group="root"), box("app"))
    effects = bench.adopt("locals/x", ready("base", group="root"), box("app", "2"), trial=True)
    assert Fact.GOALS_REACHED not in facts_of(effects)
    assert Fact.GOALS_REACHED in facts_of(bench.settle())


def test_a_preparation_that_fails_costs_no_stop():
    """Issue item 6, R5: the old containers have not noticed."""
    bench = up(BASE, box("app"))
    bench.bad.add("app")
    bench.adopt("locals/x", BASE, box("app", "2"), trial=True)
    effects = bench.settle()
    assert [(e.fact, e.container) for e in effects if isinstance(e, do.Tell)] == [
        (Fact.CONTAINER_FAILED, "app")
    ]
    assert not wanted(effects, do.Stop)
    assert bench.record.get("app.2").status is S.STARTED


@pytest.mark.parametrize("prepared", [True, False], ids=["prepared", "preparing"])
def test_a_way_back_before_anything_was_stopped_keeps_the_old_ones(prepared):
    """R5."""
    bench = up(BASE, box("a"), box("b"), data())
    pids = [bench.pid(name) for name in ("base", "a", "b")]
    bench.bad.add("b.6")
    bench.adopt("locals/x", BASE, box("a", "2"), box("b", "2"), data(version="2"), trial=True)
    if prepared:
        bench.settle()
    effects = bench.adopt("0", BASE, box("a"), box("b"), data())
    bench.settle()
    assert not wanted(effects, do.Prepare)
    assert [bench.pid(name) for name in ("base", "a", "b")] == pids
    assert not [e for e in bench.effects if isinstance(e, do.Stop)]
    assert {one.id for one in bench.record.instances} == {"base.1", "a.2", "b.3", "data.4"}


def test_a_container_that_was_stopped_meanwhile_starts_anew_on_the_way_back():
    bench = up(box("app"))
    bench.adopt("locals/x", box("app", "2"), trial=True)
    bench.dead.add("app.2")
    bench.settle()
    assert bench.told(Fact.CONTAINER_FAILED) == 1
    bench.adopt("0", box("app"))
    bench.settle()
    assert (bench.one("app").id, bench.status("app")) == ("app.3", S.STARTED)


def test_what_is_being_stopped_is_waited_for_before_the_next_of_that_name_starts():
    bench = up(box("app"))
    bench.deaf.add("app.1")
    bench.adopt("locals/x", box("app", "2"))
    bench.settle()
    bench.adopt("0", box("app"))
    bench.settle()
    assert bench.status("app") is S.MOUNTED
    bench.tell(on.Exited("app.1", 0))
    bench.settle()
    assert (bench.one("app").id, bench.status("app")) == ("app.3", S.STARTED)


def test_what_was_never_prepared_is_released_when_its_preparation_has_ended():
    """The hands may be in the middle of it: nothing is released under them."""
    bench = up(box("app"))
    bench.adopt("locals/x", box("app", "2"))
    bench.adopt("0", box("app"))
    assert bench.record.get("app.2").retiring
    effects = bench.settle()
    assert wanted(effects, do.Release) == [("Release", "app.2")]


@pytest.mark.parametrize("failed", [True, False])
def test_a_retiring_preparation_is_nobodys_failure(failed):
    bench = up(box("app"))
    bench.adopt("locals/x", box("app", "2"))
    bench.adopt("0", box("app"))
    event = on.PrepareFailed("app.2", "no") if failed else on.Prepared("app.2")
    assert Fact.CONTAINER_FAILED not in facts_of(bench.tell(event))
    assert bench.record.get("app.2") is None


def test_a_container_that_exits_while_it_retires_is_no_failure():
    bench = up(box("app"))
    bench.adopt("locals/x", box("app", "2"), trial=True)
    effects = bench.tell(on.Exited("app.1", 139))
    assert facts_of(effects) == []
    bench.settle()
    assert bench.status("app") is S.STARTED


def test_clocks_of_the_old_revision_stop_with_it():
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.settle()
    bench.adopt("locals/x", ready("app", "2"))
    assert "goal:app" not in bench.timers


# --- exits and recoveries -----------------------------------------------------------------------


@pytest.mark.parametrize("trial", [False, True])
def test_an_exit_without_recovery_is_told_at_once(trial):
    """R11."""
    bench = up(box("app"), trial=trial)
    effects = bench.tell(on.Exited("app.1", 7))
    told = [e for e in effects if isinstance(e, do.Tell) and e.fact is Fact.CONTAINER_FAILED]
    assert [(t.container, t.detail) for t in told] == [("app", "init exited with code 7")]
    assert bench.status("app") is S.STOPPED


def test_an_init_that_does_not_exist_is_told_with_its_reason():
    """R11: one that cannot be started at all."""
    bench = Bench()
    bench.dead.add("app")
    bench.adopt("0", box("app"), trial=True)
    told = [e for e in bench.settle() if isinstance(e, do.Tell)][-1]
    assert (told.fact, told.detail) == (Fact.CONTAINER_FAILED, "init does not exist")
    assert bench.one("app").cause == "init does not exist"


def test_a_container_killed_by_a_signal_says_so():
    bench = up(box("app"))
    told = bench.tell(on.Exited("app.1", None, 9))[0]
    assert told.detail == "init was killed by signal 9"


def test_a_container_recovers_after_its_delay_and_keeps_its_instance():
    """device.md 10: what is prepared is started again."""
    bench = up(box("app", recovery=ALWAYS))
    effects = bench.tell(on.Exited("app.1", 1))
    assert bench.status("app") is S.RECOVERING
    assert bench.timers["recover:app.1"] == 5
    assert not wanted(effects, do.Release, do.Prepare)
    assert wanted(bench.fire("recover:app.1"), do.Start) == [("Start", "app.1")]
    bench.settle()
    assert bench.status("app") is S.STARTED
    assert bench.one("app").retries == 1


def test_a_container_that_needs_a_signal_needs_it_again_after_a_recovery():
    bench = up(ready("app", recovery=ALWAYS))
    assert bench.status("app") is S.READY
    bench.tell(on.Exited("app.1", 1))
    bench.fire("recover:app.1")
    bench.settle()
    assert bench.status("app") is S.STARTED
    bench.tell(on.Signalled("app.1"))
    assert bench.status("app") is S.READY


def crash(bench, times):
    """Exits `times` times; each recovery is waited for. Gives the delays."""
    delays = []
    for _ in range(times):
        bench.tell(on.Exited("app.1", 1))
        if bench.status("app") is not S.RECOVERING:
            break
        delays.append(bench.timers["recover:app.1"])
        bench.fire("recover:app.1")
        bench.settle()
    return delays


def test_delays_grow_until_the_retries_are_spent():
    """device.md 10: back-off growth."""
    bench = up(box("app", recovery=replace(ALWAYS, max_retries=3, backoff_factor=2)))
    assert crash(bench, 9) == [5, 10, 20]
    assert bench.status("app") is S.STOPPED


def test_running_for_the_reset_window_forgets_the_retries():
    """device.md 10."""
    bench = up(box("app", recovery=replace(ALWAYS, reset_window_s=60)))
    crash(bench, 1)
    assert bench.one("app").retries == 1
    bench.fire("reset:app.1")
    assert bench.one("app").retries == 0


def test_the_reset_window_counts_from_each_start():
    bench = up(box("app", recovery=replace(ALWAYS, reset_window_s=60)))
    bench.tell(on.Exited("app.1", 1))
    assert "reset:app.1" not in bench.timers
    bench.fire("recover:app.1")
    bench.settle()
    assert bench.timers["reset:app.1"] == 60


def test_spent_retries_ask_for_the_reboot_that_the_manifest_wants():
    """device.md 10: `backoff_policy` reboot; not in a try (R11)."""
    bench = up(box("app", recovery=ALWAYS))
    crash(bench, 2)
    effects = bench.tell(on.Exited("app.1", 1))
    assert facts_of(effects)[:2] == [Fact.CONTAINER_FAILED, Fact.REBOOT_WANTED]


@pytest.mark.parametrize("backoff", ["reboot", "never", 600.0])
def test_in_a_try_spent_retries_are_told_and_nothing_else(backoff):
    """R11: whatever its `backoff_policy`."""
    bench = up(box("app", recovery=replace(ALWAYS, backoff_policy=backoff)), trial=True)
    crash(bench, 2)
    facts = facts_of(bench.tell(on.Exited("app.1", 1)))
    assert Fact.CONTAINER_FAILED in facts
    assert Fact.REBOOT_WANTED not in facts


def test_after_the_try_failures_are_healed_here_again():
    bench = up(box("app", recovery=replace(ALWAYS, backoff_policy=600.0)), trial=True)
    bench.tell(on.TrialOver())
    crash(bench, 2)
    bench.tell(on.Exited("app.1", 1))
    assert bench.status("app") is S.RECOVERING
    assert bench.timers["recover:app.1"] == 600
    assert bench.one("app").retries == 0


def test_a_container_that_has_done_its_work_is_left_alone():
    """R11: exit code 0 under `on-failure`; it counts as reached and stable."""
    bench = Bench()
    bench.adopt("0", box("app", recovery=replace(ALWAYS, policy="on-failure")), trial=True)
    bench.settle()
    effects = bench.tell(on.Exited("app.1", 0))
    assert Fact.CONTAINER_FAILED not in facts_of(effects)
    assert bench.one("app").reached
    assert "recover:app.1" not in bench.timers


def test_an_exit_before_the_start_was_told_is_no_contradiction():
    """A container that forks and dies: the hands see both at about the same time."""
    bench = Bench()
    bench.adopt("0", box("app", recovery=ALWAYS))
    bench.tell(on.Prepared("app.1"))
    bench.tell(on.Exited("app.1", 1))
    bench.tell(on.Started("app.1", 5))
    assert bench.status("app") is S.RECOVERING
    bench.todo.clear()
    bench.fire("recover:app.1")
    bench.settle()
    assert bench.status("app") is S.STARTED


@pytest.mark.parametrize(
    "event",
    [
        on.Prepared("x.9"),
        on.PrepareFailed("x.9", "no"),
        on.Started("x.9", 1),
        on.StartFailed("x.9", "no"),
        on.Exited("x.9", 0),
        on.Signalled("x.9"),
        on.ActionAsked("x", "stop"),
        on.TimerFired("recover:x.9"),
        on.TimerFired("stable:x.9"),
        on.TimerFired("reset:x.9"),
        on.TimerFired("goal:x"),
        on.Prepared("app.2"),
        on.PrepareFailed("app.2", "no"),
    ],
    ids=lambda event: type(event).__name__,
)
def test_what_comes_for_an_instance_that_is_gone_means_nothing(event):
    bench = up(BASE, box("app"))
    before = bench.record
    assert bench.tell(event) == ()
    assert bench.record == before


# --- by command ---------------------------------------------------------------------------------


def test_a_container_stopped_by_command_stays_down():
    """device.md 7; `unless-stopped` and every other policy: it is no failure."""
    bench = up(box("app", recovery=ALWAYS))
    bench.tell(on.ActionAsked("app", "stop"))
    effects = bench.settle()
    assert bench.status("app") is S.STOPPED
    assert bench.one("app").user_stopped
    assert Fact.CONTAINER_FAILED not in facts_of(effects)
    assert bench.timers == {}


def test_a_stopped_container_starts_by_command_without_being_prepared_again():
    bench = up(box("app"))
    bench.tell(on.ActionAsked("app", "stop"))
    bench.settle()
    effects = [*bench.tell(on.ActionAsked("app", "start")), *bench.settle()]
    assert wanted(effects, do.Start, do.Prepare) == [("Start", "app.1")]
    assert bench.status("app") is S.STARTED
    assert not bench.one("app").user_stopped


def test_a_restart_stops_and_starts():
    bench = up(ready("app"))
    bench.tell(on.ActionAsked("app", "restart"))
    effects = bench.settle()
    assert wanted(effects, do.Start) == [("Start", "app.1")]
    assert bench.status("app") is S.STARTED, "its signal is wanted again"


@pytest.mark.parametrize("action", ["start", "restart"])
@pytest.mark.parametrize("why", ["failed", "stopped", "recovering", "unprepared"])
def test_what_is_down_for_whatever_reason_comes_up_by_command(why, action):
    recovery = ALWAYS if why == "recovering" else None
    bench = Bench()
    if why == "unprepared":
        bench.bad.add("app")
    bench.boot(BASE, box("app", recovery=recovery))
    if why == "stopped":
        bench.tell(on.ActionAsked("app", "stop"))
        bench.settle()
    elif why in ("failed", "recovering"):
        bench.tell(on.Exited(bench.one("app").id, 1))
    bench.bad.clear()
    bench.tell(on.ActionAsked("app", action))
    bench.settle()
    assert bench.status("app") is S.STARTED


def test_a_stop_in_a_recovery_ends_it():
    bench = up(box("app", recovery=ALWAYS))
    bench.tell(on.Exited("app.1", 1))
    bench.tell(on.ActionAsked("app", "stop"))
    assert bench.status("app") is S.STOPPED
    assert bench.timers == {}


def test_a_start_while_it_is_being_stopped_becomes_a_restart():
    bench = up(box("app"))
    bench.tell(on.ActionAsked("app", "stop"))
    bench.tell(on.ActionAsked("app", "start"))
    bench.settle()
    assert bench.status("app") is S.STARTED


def test_a_stop_after_a_restart_is_the_last_word():
    bench = up(box("app"))
    bench.tell(on.ActionAsked("app", "restart"))
    bench.tell(on.ActionAsked("app", "stop"))
    bench.settle()
    assert bench.status("app") is S.STOPPED


def test_a_container_stopped_before_it_was_prepared_does_not_start():
    bench = Bench()
    bench.adopt("0", box("app"))
    bench.tell(on.ActionAsked("app", "stop"))
    assert not wanted(bench.settle(), do.Start)


def test_a_command_forgets_the_retries():
    bench = up(box("app", recovery=ALWAYS))
    crash(bench, 1)
    bench.tell(on.ActionAsked("app", "restart"))
    bench.settle()
    assert bench.one("app").retries == 0


# --- signals ------------------------------------------------------------------------------------


def test_ready_is_signalled():
    """device.md 7."""
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.settle()
    assert bench.status("app") is S.STARTED
    effects = bench.tell(on.Signalled("app.1"))
    assert bench.status("app") is S.READY
    assert Fact.GOALS_REACHED in facts_of(effects)


def test_a_signal_may_come_before_its_start_is_told():
    """An init that is quick: the socket is faster than the runtime."""
    bench = Bench()
    bench.adopt("0", ready("app"))
    bench.tell(on.Prepared("app.1"))
    bench.tell(on.Signalled("app.1"))
    bench.settle()
    assert bench.status("app") is S.READY


def test_a_retiring_instance_signals_for_itself():
    """What the old one says is not said by its successor."""
    bench = up(ready("app"))
    bench.deaf.add("app.1")
    bench.adopt("locals/x", ready("app", "2"), trial=True)
    bench.settle()
    bench.tell(on.Signalled("app.1"))
    bench.tell(on.Exited("app.1", 0))
    bench.settle()
    assert (bench.one("app").id, bench.status("app")) == ("app.2", S.STARTED)
    assert bench.told(Fact.GOALS_REACHED) == 1, "that of the old revision"


def test_a_signal_of_a_container_that_is_down_means_nothing():
    bench = up(ready("app", recovery=ALWAYS))
    bench.tell(on.Exited("app.1", 1))
    before = bench.record
    bench.tell(on.Signalled("app.1"))
    assert bench.record == before


def test_groups_are_those_of_the_revision_that_runs():
    bench = up(BASE)
    bench.adopt("locals/x", BASE, groups=GROUPS[:1])
    assert [group.name for group in bench.record.groups] == ["root"]
