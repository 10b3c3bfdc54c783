"""The composed device and its Hub: modes, contact, silence, cancels, late reports, unclaim."""

import pytest

from surefoot.device import effects as dev
from surefoot.device.turn import Modes
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.advance import LINE
from surefoot.link.record import Link, Phase, What
from surefoot.supervisor import effects as sup_do
from surefoot.update import effects as up_do
from surefoot.update import events as up_on
from surefoot.update import tables
from surefoot.update.tables import COMMIT_TIMER, HUB_TIMER, Cause, Stage
from surefoot.wire.progress import Status
from tests.device.composed import (
    NEW_BASE,
    OWNED,
    REMOTE,
    SEVEN,
    STATES,
    Bench,
    X,
    Y,
    done,
    of,
    stored,
)

ALWAYS = Modes(remote_allowed=True, remote_always=True)
QUEUED = stored(tables.QUEUED, 0, 0, 3)
EIGHT = "8"
CONTACT = dev.HubContact(authenticated=True, running=SEVEN)


def claimed(modes=REMOTE, **more):
    """A device at rest that its Hub knows, in remote mode."""
    return Bench(modes=modes, link=OWNED, **more).on().linked()


def silent(**more):
    """As `claimed`, but no report is answered."""
    bench = claimed(**more)
    bench.hub_answers = False
    return bench


def offered(bench, revision=SEVEN):
    bench.give(dev.StepFound(revision, bench.progress.get(revision)))
    return bench


def until(bench, stage):
    while bench.stage is not stage:
        bench.step()
    return bench


def trying(bench):
    """Revision 7 has just started; the Hub has not answered since."""
    offered(bench)
    bench.give(up_on.Reported(SEVEN, Status.QUEUED))
    while bench.todo:
        bench.step()
    assert bench.stage is Stage.GOALS
    return bench


def in_testing():
    bench = trying(silent())
    bench.give(CONTACT)
    assert bench.stage is Stage.STABLE
    return bench


# --- the link follows the mode (R20) ------------------------------------------------------------


def test_a_device_in_remote_mode_asks_its_hub_from_the_boot_on():
    assert Bench(modes=REMOTE, link=OWNED).on().asked == [What.LOOK_UP]
    assert Bench(modes=REMOTE).on().asked == [What.REGISTER]


@pytest.mark.parametrize("facts", [{}, {"modes": REMOTE, "remote": False}, {"remote": True}])
def test_a_device_that_is_not_in_remote_mode_asks_nobody(facts):
    """Nor does one that was, once its configuration names no Hub any more."""
    bench = Bench(link=OWNED, pv_rev=X, **facts)
    bench.progress[X] = done(X)
    bench.on(X)
    assert (bench.asked, bench.device.remote) == ([], False)
    assert bench.device.link.phase is Phase.OFF


def test_a_local_run_ends_the_link_before_its_boot_file_is_armed():
    """R20: no cut leaves a local try in remote mode."""
    bench = claimed()
    bench.command("LOCAL_RUN", X)
    effects = [*bench.effects, *bench.settle()]
    dropped, armed = link_do.DropTimer(LINE), up_do.Arm(X)
    assert effects.index(dev.SetMode(False)) < effects.index(dropped) < effects.index(armed)
    assert bench.device.link.phase is Phase.OFF


def test_going_remote_begins_the_link_and_rolling_back_to_a_remote_revision_does():
    bench = claimed().updated(X)
    bench.asked.clear()
    assert bench.command("GO_REMOTE").status == 200
    assert bench.asked == [What.LOOK_UP]
    bench = Bench(modes=REMOTE, link=OWNED, pv_rev=SEVEN, dead={"app.3"})
    bench.progress[SEVEN] = done(SEVEN)
    bench.on(SEVEN).run(Y)
    assert bench.device.update.running == SEVEN
    assert (bench.remote, bench.device.link.phase) == (True, Phase.CLAIM)


def test_in_remote_always_the_link_stays_for_local_revisions_and_hears_nothing_of_them():
    bench = claimed(ALWAYS).updated(X)
    assert bench.device.link.phase is Phase.IDLE
    assert not of(up_do.Report, bench.effects)


def test_the_link_knows_of_an_update_from_its_first_report_to_its_end():
    """R16: what is asked for meanwhile is new steps only."""
    bench = claimed()
    assert (bench.device.link.working, bench.device.link.tried) == (False, False)
    offered(bench)
    assert (bench.device.link.working, bench.device.link.tried) == (True, False)
    bench.settle()
    assert (bench.device.link.working, bench.device.link.tried) == (True, True)
    bench.fire(COMMIT_TIMER)
    assert (bench.device.link.working, bench.device.link.tried) == (False, False)


def test_a_try_begins_for_the_link_when_the_new_revision_runs():
    """R18: what was asked before that would be no contact of the new one."""
    bench = until(offered(claimed()), Stage.SWITCH)
    bench.give(link_on.Answered(What.STEPS))
    assert not bench.device.link.tried
    bench.effects.clear()
    until(bench, Stage.GOALS)
    asks = [effect for effect in of(link_do.Ask, bench.effects) if effect.what is What.STEPS]
    assert asks == [link_do.Ask(What.STEPS, new_only=True)]
    assert bench.device.update.running == SEVEN


def test_reports_are_sent_once_the_link_stands():
    bench = Bench(modes=REMOTE, link=OWNED).on()
    assert not of(dev.SendReports, bench.effects)
    assert of(dev.SendReports, bench.linked().effects) == [dev.SendReports()]


def test_what_the_link_has_to_say_is_logged():
    bench = Bench(modes=REMOTE, link=Link(known=True)).on().linked()
    assert dev.Log("INFO", "pantahub", "the device is claimed") in bench.effects


# --- contact and silence (R18) ------------------------------------------------------------------


def test_only_an_authenticated_answer_to_what_the_new_revision_asked_is_contact():
    """R18; an answer that is due from before the transition says nothing of the new network."""
    bench = trying(silent())
    bench.give(dev.HubContact(authenticated=True, running="0"))
    bench.give(dev.HubContact(authenticated=False, running=SEVEN))
    assert bench.stage is Stage.GOALS
    bench.give(CONTACT)
    assert bench.stage is Stage.STABLE


def test_without_contact_the_revision_is_rolled_back_with_the_reason():
    """R18."""
    bench = trying(silent())
    assert bench.timers[HUB_TIMER] == 60
    bench.fire(HUB_TIMER)
    assert bench.points(SEVEN)[-1] is tables.ERROR[Cause.HUB_NOT_REACHABLE]
    assert bench.device.update.running == "0"


def test_a_report_that_nobody_answers_rolls_nothing_back():
    """R18; peers 3: mender PR#485: contact of any other kind is as good."""
    bench = in_testing()
    bench.fire(COMMIT_TIMER)
    assert bench.points(SEVEN)[-1] is tables.UPDATED
    assert bench.device.update.running == SEVEN


def test_silence_in_testing_rolls_back():
    """R18: with a threshold of 0 the first one."""
    bench = in_testing()
    bench.give(dev.HubSilence(running=SEVEN))
    assert bench.points(SEVEN)[-1] is tables.ERROR[Cause.HUB_NOT_STABLE]


def test_silence_of_what_the_old_revision_asked_is_none_of_the_new_one():
    """R18: its request began on a network that the transition took away."""
    bench = in_testing()
    bench.give(dev.HubSilence(running="0"))
    assert bench.stage is Stage.STABLE
    assert bench.device.link.misses == 0


def test_silence_before_testing_is_left_to_the_hubs_own_clock():
    bench = trying(silent())
    for _ in range(5):
        bench.give(dev.HubSilence(running=SEVEN))
    assert bench.stage is Stage.GOALS


@pytest.mark.parametrize("revision", [SEVEN, X])
def test_after_the_end_of_an_update_nothing_rolls_back_for_silence(revision):
    """R18: after UPDATED until its next boot; local revisions neither need nor ask the Hub."""
    if revision == SEVEN:
        bench = in_testing()
        bench.fire(COMMIT_TIMER)
    else:
        bench = claimed(ALWAYS).run(X)
    for _ in range(5):
        bench.give(dev.HubSilence(running=revision))
    if revision == X:
        bench.fire(COMMIT_TIMER)
    assert bench.points(revision)[-1] is tables.UPDATED
    assert bench.device.link.misses == 5


# --- steps that are found (R14, R16, R17) -------------------------------------------------------


@pytest.mark.parametrize("ended", [tables.UPDATED, tables.DONE, tables.CANCELLED])
def test_a_step_that_has_ended_here_is_told_and_not_run(ended):
    bench = claimed()
    bench.progress[SEVEN] = stored(ended)
    effects = bench.give(dev.StepFound(SEVEN, bench.progress[SEVEN]))
    assert effects == [up_do.Report(SEVEN)]
    assert bench.stage is None


def test_the_running_revision_is_never_run_as_a_step():
    """Whatever has become of its record meanwhile."""
    bench = Bench(modes=REMOTE, link=OWNED, pv_rev=SEVEN)
    bench.progress[SEVEN] = done(SEVEN)
    bench.on(SEVEN)
    assert bench.give(dev.StepFound(SEVEN, None)) == [up_do.Report(SEVEN)]


def test_a_step_that_waits_is_told_of_again_when_the_hub_still_offers_it_as_new():
    """R16: its QUEUED was lost, perhaps with a power cut."""
    bench = silent()
    offered(offered(bench), EIGHT)
    bench.effects.clear()
    offered(bench, EIGHT)
    assert bench.effects == [up_do.Save(EIGHT, tables.QUEUED, 0, 0, 3), up_do.Report(EIGHT)]
    assert bench.device.queue == ((EIGHT, 0),)


@pytest.mark.parametrize("stage", [Stage.REPORT, Stage.CHECK, Stage.FETCH, Stage.INSTALL])
def test_a_cancel_is_obeyed_in_every_stage_before_the_try_is_armed(stage):
    """R14: CANCELLED is stored, then what came is dropped; late answers mean nothing, and the next
    step is taken up."""
    bench = until(offered(claimed()), stage)
    offered(bench, EIGHT)
    bench.effects.clear()
    bench.give(up_on.Reported(SEVEN, Status.CANCELLED))
    kinds = [effect for effect in bench.effects if isinstance(effect, up_do.Save | up_do.StopFetch)]
    assert kinds[:2] == [
        up_do.Save(SEVEN, tables.CANCELLED, 0 if stage is Stage.REPORT else 1),
        up_do.StopFetch(SEVEN),
    ]
    assert bench.pv_try is None
    bench.settle()
    assert bench.progress[SEVEN].status is Status.CANCELLED
    assert bench.device.update.running == EIGHT


@pytest.mark.parametrize("stage", [Stage.SWITCH, Stage.GOALS, Stage.STABLE])
def test_a_cancel_that_comes_once_it_is_armed_changes_nothing(stage):
    """R14: a device that had armed already goes on."""
    bench = until(offered(claimed()), stage)
    before = bench.device
    bench.give(up_on.Reported(SEVEN, Status.CANCELLED))
    assert bench.device.update == before.update
    assert Status.CANCELLED not in {point.status for point in bench.points(SEVEN)}


def test_a_cancelled_step_in_the_queue_ends_when_its_turn_comes_and_those_behind_it_run():
    """R14, R16: its QUEUED is answered with CANCELLED."""
    bench = offered(offered(claimed()), EIGHT)
    bench.give(up_on.Reported(EIGHT, Status.CANCELLED))
    assert bench.device.queue == ((EIGHT, 0),), "not in work yet"
    bench.settle()
    bench.held = Status.CANCELLED
    bench.fire(COMMIT_TIMER)
    assert bench.progress[SEVEN].status is Status.UPDATED
    assert bench.points(EIGHT)[-1] is tables.CANCELLED
    assert bench.stage is None


def test_a_cancelled_try_of_another_one_is_no_reason_to_stop_this_one():
    bench = until(offered(claimed()), Stage.FETCH)
    bench.give(up_on.Reported(EIGHT, Status.CANCELLED))
    assert bench.stage is Stage.FETCH


# --- what was never told (R18) ------------------------------------------------------------------


def test_what_the_hub_was_never_told_is_told_at_the_next_boot():
    """R18: a report that could not be sent is sent later, also after reboots."""
    bench = Bench(modes=REMOTE, link=OWNED)
    bench.progress |= {SEVEN: stored(tables.ERROR[Cause.GOAL]), EIGHT: stored(tables.CANCELLED)}
    bench.boot(untold=(SEVEN, EIGHT))
    assert of(up_do.Report, bench.effects) == [up_do.Report(SEVEN), up_do.Report(EIGHT)]


def test_the_end_of_an_update_is_told_before_the_try_that_its_boot_is():
    """R4: the Hub sees UPDATED, then what came of it."""
    bench = Bench(modes=REMOTE, link=OWNED, pv_try=SEVEN)
    bench.progress[SEVEN] = stored(tables.UPDATED, 1)
    bench.boot(SEVEN, untold=(SEVEN,))
    kinds = [effect for effect in bench.effects if isinstance(effect, up_do.Save | up_do.Report)]
    assert kinds == [
        up_do.Report(SEVEN),
        up_do.Save(SEVEN, tables.STARTING, 1),
        up_do.Report(SEVEN),
    ]


# --- unclaim (R20) ------------------------------------------------------------------------------


def on_seven(**more):
    """Revision 7 of the Hub is the rollback point, and runs."""
    bench = Bench({**STATES, SEVEN: NEW_BASE}, REMOTE, link=OWNED, pv_rev=SEVEN, **more)
    bench.progress[SEVEN] = done(SEVEN)
    return bench.on(SEVEN).linked()


def in_order(bench, *kinds):
    return [type(effect) for effect in bench.effects if isinstance(effect, kinds)]


def test_a_remote_revision_runs_on_under_a_local_name_and_registers_anew():
    """R20: copied, committed, rebooted; then credentials and trails go, and only then is asked."""
    bench = on_seven()
    bench.effects.clear()
    assert bench.command("UNCLAIM").status == 200
    bench.settle()
    kinds = (dev.CopyRevision, up_do.Commit, dev.ForgetHub, dev.Leave)
    assert in_order(bench, *kinds) == [dev.CopyRevision, up_do.Commit, dev.Leave]
    assert (bench.pv_rev, bench.pv_try) == ("locals/unclaimed-1", None)
    bench.effects.clear()
    bench.asked.clear()
    bench.reboots()
    assert bench.left is None, "once is enough"
    assert bench.device.update.running == "locals/unclaimed-1"
    kinds = (dev.ForgetHub, dev.Journal, link_do.Ask)
    assert in_order(bench, *kinds) == [dev.Journal, dev.ForgetHub, dev.Journal, link_do.Ask]
    assert (bench.asked, bench.journal, bench.remote) == ([What.REGISTER], None, True)


@pytest.mark.parametrize("running", ["0", X])
def test_a_revision_that_is_none_of_the_hubs_keeps_its_name(running):
    """R20: nothing to copy; the device reboots and registers anew."""
    bench = Bench(modes=ALWAYS, link=OWNED, pv_rev=running)
    bench.progress |= {running: done(running), SEVEN: stored(tables.ERROR[Cause.GOAL])}
    bench.on(running).linked()
    bench.effects.clear()
    bench.asked.clear()
    assert bench.command("UNCLAIM").status == 200
    bench.settle()
    kinds = (dev.ForgetHub, link_do.Show, dev.Leave, dev.CopyRevision, link_do.Ask)
    assert in_order(bench, *kinds) == [dev.ForgetHub, link_do.Show, dev.Leave]
    assert bench.journal is None
    bench.reboots(running)
    assert (bench.asked, bench.device.update.running) == ([What.REGISTER], running)


def test_unclaim_is_answered_once_it_is_in_the_journal():
    """R13."""
    bench = on_seven()
    bench.effects.clear()
    bench.command("UNCLAIM")
    assert in_order(bench, dev.Journal, dev.Answer)[:2] == [dev.Journal, dev.Answer]


def test_a_revision_on_trial_is_not_unclaimed():
    """R20: 409."""
    bench = claimed(ALWAYS).updated(X)
    assert bench.command("UNCLAIM").status == 409
    unproven = Bench(modes=REMOTE, link=OWNED)
    unproven.progress.clear()
    assert unproven.boot().command("UNCLAIM").status == 409


def test_a_device_that_nobody_claimed_yet_may_get_a_new_name_too():
    bench = Bench(modes=REMOTE, link=Link(known=True)).on()
    assert bench.command("UNCLAIM").status == 200


def test_whatever_the_client_says_with_it_is_not_taken_for_the_copy():
    bench = Bench(modes=ALWAYS, link=OWNED, pv_rev=X)
    bench.progress[X] = done(X)
    bench.on(X)
    bench.command("UNCLAIM", X)
    bench.settle()
    assert bench.left is not None


def test_a_copy_that_cannot_be_made_leaves_the_device_claimed_and_takes_up_what_waits():
    bench = on_seven()
    bench.command("UNCLAIM")
    offered(bench, EIGHT)
    bench.todo.clear()
    bench.give(dev.RevisionCopied(detail="no room"))
    assert (bench.left, bench.pv_rev, bench.journal) == (None, SEVEN, None)
    assert bench.work.revision == EIGHT
    assert ("ERROR", "controller", "the device stays claimed: no room") in [
        (one.level, one.source, one.message) for one in of(dev.Log, bench.effects)
    ]


def test_a_step_that_waits_for_the_hub_does_not_begin_while_the_copy_is_made():
    """Its late answer would arm a try that the commit of the copy then forgets."""
    bench = on_seven()
    bench.hub_answers = False
    offered(bench, EIGHT)
    assert bench.stage is Stage.REPORT
    assert bench.command("UNCLAIM").status == 200
    bench.give(up_on.Reported(EIGHT, Status.QUEUED))
    assert not of(up_do.LoadState, bench.effects)
    bench.settle()
    assert bench.pv_rev == "locals/unclaimed-1"


def test_a_step_that_waits_for_the_hub_is_none_of_the_next_owners():
    """R20: numbers of the new trail meet none of the old."""
    bench = silent()
    offered(offered(bench), EIGHT)
    assert bench.command("UNCLAIM").status == 200
    assert (bench.work, bench.device.queue) == (None, ())


def test_unclaim_drops_what_was_staged():
    """R3."""
    bench = claimed(ALWAYS).run(X, "LOCAL_APPLY")
    bench.command("UNCLAIM")
    assert bench.points()[-1] is tables.WONTGO[Cause.ABORTED]
    assert bench.pv_try is None


@pytest.mark.parametrize("starts", [0, 1])
def test_a_power_cut_in_the_middle_of_it_is_made_good(starts):
    """R9, R13: also one between the boot file and the journal."""
    bench = Bench(modes=REMOTE, link=OWNED, pv_rev="locals/unclaimed-1")
    bench.states["locals/unclaimed-1"] = NEW_BASE
    bench.progress["locals/unclaimed-1"] = done("locals/unclaimed-1")
    bench.journal = dev.Command("UNCLAIM", "", starts)
    bench.on("locals/unclaimed-1")
    assert of(dev.ForgetHub, bench.effects) == [dev.ForgetHub()]
    bench.reboots("locals/unclaimed-1")
    assert (bench.journal, bench.device.link.known) == (None, False)


def test_the_boot_of_the_copy_counts_its_starts_anew():
    """R9: the first half came to its end; a single cut in the second must not be the last."""
    bench = on_seven()
    bench.command("UNCLAIM")
    bench.settle()
    assert bench.journal == dev.Command("UNCLAIM", "locals/unclaimed-1", 0)


def test_a_device_that_leaves_registers_nobody():
    bench = claimed(ALWAYS)
    bench.asked.clear()
    bench.command("UNCLAIM")
    bench.settle()
    assert bench.asked == []
    assert not of(sup_do.Prepare, bench.give(dev.StepFound(SEVEN)))
