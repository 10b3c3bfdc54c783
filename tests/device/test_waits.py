"""Each wait says what waits, for what, and how long it may take (design rule 7; peers 3:
hawkbit#693, nebraska#853: "Waiting..." without a reason)."""

from dataclasses import replace

from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.device.waits import FOR, waits
from surefoot.link.record import Link, Phase
from surefoot.supervisor import events as sup_on
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, Stage
from tests.device.composed import (
    BASE,
    POLICY,
    REMOTE,
    SEVEN,
    STATES,
    WITH_READY,
    Bench,
    X,
    Y,
    stored,
)
from tests.revision.states import app, state


def told(bench):
    return [(wait["what"], wait["for"], wait["limit_s"]) for wait in waits(bench.device)]


def test_every_stage_has_its_reason():
    assert set(FOR) == set(Stage)
    assert len(set(FOR.values())) == len(FOR)


def test_a_device_at_rest_waits_for_nothing():
    assert told(Bench().on()) == []


def test_goals_are_waited_for_until_their_time_is_over():
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    assert told(bench) == [(f"update {X}", FOR[Stage.GOALS], POLICY.goals_timeout_s)]


def test_the_commit_delay_is_a_wait_with_an_end():
    bench = Bench().on().run(X)
    assert told(bench) == [(f"update {X}", "the commit delay", POLICY.commit_delay_s)]


def test_containers_that_are_not_stable_are_another_wait_with_another_end():
    """The first wait is over, so its end is not shown any more."""
    rule = {"policy": "always", "stable_timeout": 300, "max_retries": 1}
    new = state(BASE, app("app", "2", group="app", auto_recovery=rule))
    bench = Bench({**STATES, X: new}).on().run(X)
    bench.fire(COMMIT_TIMER)
    limit = POLICY.goals_timeout_s + 300
    assert told(bench) == [(f"update {X}", "containers to become stable", limit)]
    assert bench.timers[tables.STABLE_TIMER] == limit


def test_a_staged_revision_waits_for_the_next_reboot():
    """R3."""
    bench = Bench().on().run(X, "LOCAL_APPLY")
    assert told(bench) == [(f"revision {X}", "the next reboot", None)]


def test_queued_steps_wait_for_their_turn_or_for_remote_mode():
    """R16, R20."""
    bench = Bench(modes=Modes(remote_allowed=True)).on().run(X)
    bench.give(dev.StepFound(SEVEN))
    assert told(bench)[1:] == [(f"step {SEVEN}", "remote mode", None)]
    assert bench.remote is False, "a local revision runs"


def test_a_step_behind_an_update_waits_in_the_queue():
    bench = Bench(modes=REMOTE, hub_answers=True)
    bench.on()
    bench.give(dev.StepFound(SEVEN))
    bench.give(dev.StepFound("8"))
    assert ("step 8", "its turn in the queue", None) in told(bench)
    assert (f"update {SEVEN}", FOR[Stage.REPORT], None) in told(bench)


def test_an_accepted_command_waits_for_the_way_back_to_end():
    """R13."""
    bench = Bench({**STATES, X: WITH_READY}).on().run(X)
    bench.give(sup_on.TimerFired("goal:app"))
    assert bench.stage is Stage.RETURN
    assert bench.command("LOCAL_RUN", Y).status == 200
    assert (f"command LOCAL_RUN {Y}", "the update in work to end", None) in told(bench)
    assert (f"update {X}", FOR[Stage.RETURN], bench.policy.goals_timeout_s) in told(bench)


def test_a_factory_revision_waits_for_its_goals():
    bench = Bench()
    bench.progress = {"0": stored(tables.READY_TO_RUN)}
    bench.boot()
    assert told(bench) == [("update 0", FOR[Stage.FACTORY], None)]


def test_a_hub_that_does_not_know_the_device_any_more_is_waited_for():
    """Design rule 7: no wait without a reason that is said."""
    refused = Link(Phase.IDLE, known=True, settled=True, online=True, refused=True)
    bench = Bench().on()
    device = replace(bench.device, link=refused)
    assert [wait["for"] for wait in waits(device)] == ["the Hub to know this device again"]
