"""The link's life as stories: from the first registration to idle, and whatever goes wrong."""

from dataclasses import replace

import pytest

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.advance import (
    DEVICE_META,
    LINE,
    MOST_PATIENCE_S,
    MOST_RETRY_AFTER_S,
    USER_META,
)
from surefoot.link.record import Link, Phase, Policy, What, Why
from tests.link.stories import (
    ANSWERS,
    ASKING,
    CLAIMING,
    FRESH,
    IDLE,
    KNOWN,
    LOOKING,
    METAS,
    OWNED,
    POLICY,
    REGISTERED,
    REGISTERING,
    SEARCHING,
    SETTLED,
    SYNCING,
    UNOWNED,
    WAITING,
    after,
    asked,
    line_asks,
    of,
    play,
    told,
)

WORDS = "three-good-words"
EVERY = pytest.mark.parametrize("what", list(ASKING), ids=str)


def failed(what, why=Why.SILENT, **more):
    return on.Failed(what, why, "no route", **more)


def seconds(effects, timer=LINE):
    """Of the one time that the timer is set."""
    (found,) = [one.seconds for one in of(do.SetTimer, effects) if one.timer == timer]
    return found


# --- from nobody to idle ------------------------------------------------------------------------


def test_a_new_device_registers_is_claimed_syncs_and_asks_for_steps():
    """hub-wire 8, 1 to 6."""
    link = told(
        FRESH,
        (on.Began(), [do.Ask(What.REGISTER)]),
        (
            REGISTERED,
            [
                do.Keep("d1", "prn:::devices:/d1", "secret"),
                do.Show(WORDS),
                do.Ask(What.LOOK_UP),
            ],
        ),
        (UNOWNED, [do.Show(WORDS), do.SetTimer(LINE, 5)]),
        (on.TimerFired(LINE), [do.Ask(What.LOOK_UP)]),
        (
            OWNED,
            [do.Show(), do.Settle(), do.Say("INFO", "the device is claimed"), do.Ask(What.TRAILS)],
        ),
        (on.TrailsSeen(present=False), [do.Ask(What.SYNC)]),
        (on.Answered(What.SYNC), [do.Ask(What.TRAILS)]),
        (
            on.TrailsSeen(present=True),
            [
                do.Tell(do.Fact.LINKED),
                do.Ask(What.STEPS),
                do.Ask(What.USER_META),
                do.Ask(What.DEVICE_META),
            ],
        ),
        (on.Answered(What.STEPS), [do.SetTimer(LINE, 5)]),
        (on.Answered(What.USER_META), [do.SetTimer(USER_META, 7)]),
        (on.Answered(What.DEVICE_META), [do.SetTimer(DEVICE_META, 10)]),
        (on.TimerFired(LINE), [do.Ask(What.STEPS)]),
        (on.TimerFired(USER_META), [do.Ask(What.USER_META)]),
        (on.TimerFired(DEVICE_META), [do.Ask(What.DEVICE_META)]),
    )
    assert (link.phase, link.known, link.settled, link.claimed) == (Phase.IDLE, True, True, True)


def test_a_device_of_an_earlier_life_does_not_register_again():
    assert told(SETTLED, (on.Began(), [do.Ask(What.LOOK_UP)])).phase is Phase.CLAIM
    assert told(KNOWN, (on.Began(), [do.Ask(What.LOOK_UP)])).phase is Phase.CLAIM


def test_an_owner_is_told_of_once_in_the_life_of_the_device():
    """A settled one has been told of: no second Settle, no second line in the log."""
    assert told(LOOKING, (OWNED, [do.Show(), do.Ask(What.TRAILS)])).claimed


def test_the_challenge_is_shown_as_long_as_nobody_owns_the_device():
    """hub-wire 8.2; it may change, and its owner may give the device up at the Hub."""
    link, effects = play(CLAIMING, on.Seen(owned=False, challenge="other-words"))
    assert do.Show("other-words") in effects
    assert link.challenge == "other-words"
    given_up, effects = play(LOOKING, UNOWNED)
    assert do.Show(WORDS) in effects
    assert (given_up.claimed, given_up.settled) == (False, True)
    assert after(link, on.TimerFired(LINE), OWNED).challenge == ""


def test_what_is_shown_of_the_device_is_what_it_was_registered_as():
    assert (CLAIMING.id, CLAIMING.challenge) == ("d1", WORDS)
    assert (IDLE.id, IDLE.challenge) == ("d1", "")


# --- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("why", list(Why), ids=str)
@EVERY
def test_a_failure_is_said_and_asked_again_in_every_phase(what, why):
    link, effects = play(ASKING[what], failed(what, why))
    assert what not in link.asked
    assert seconds(effects) == 5
    (said,) = of(do.Say, effects)
    assert (said.level, what.value in said.text, "no route" in said.text) == ("WARN", True, True)
    expected = What.REGISTER if _is_forgotten(what, why) else what
    if what is What.SYNC:  # whether it has come to be there is asked first
        expected = What.TRAILS
    assert asked(play(link, on.TimerFired(LINE))[1]) == [expected]


def _is_forgotten(what, why):
    return (what, why) == (What.LOOK_UP, Why.UNKNOWN)


@EVERY
def test_a_row_of_failures_is_said_once(what):
    """A Hub that is away for a week fills no log."""
    link = ASKING[what]
    for number in range(5):
        link, effects = play(link, failed(what))
        assert len(of(do.Say, effects)) == (number == 0)
        link = replace(link, asked=link.asked | {what})
    link = after(link, ANSWERS[what])
    # A registration proves little: a Hub that then does not know whom is asked ever more rarely.
    assert link.failures == (5 if what is What.REGISTER else 0)


def test_a_sync_that_fails_begins_again_with_the_question_whether_it_is_needed():
    told(
        SYNCING,
        (
            failed(What.SYNC, Why.BUSY),
            [do.Say("WARN", "the Hub: sync failed (no route)"), do.SetTimer(LINE, 5)],
        ),
        (on.TimerFired(LINE), [do.Ask(What.TRAILS)]),
        (on.TrailsSeen(present=True), [do.Tell(do.Fact.LINKED), *map(do.Ask, _idle_asks())]),
    )


def _idle_asks():
    return (What.STEPS, *METAS)


def test_patience_grows_to_a_minute_and_ends_with_the_first_answer():
    link, delays = IDLE, []
    for _ in range(20):
        link, effects = play(link, failed(What.STEPS))
        delays.append(seconds(effects))
        link = after(link, on.TimerFired(LINE))
    assert delays[:5] == [5, 10, 20, 40, 60]
    assert set(delays[4:]) == {MOST_PATIENCE_S}
    link = after(link, on.Answered(What.STEPS), on.TimerFired(LINE))
    assert seconds(play(link, failed(What.STEPS))[1]) == 5


def test_a_long_interval_is_never_shortened_by_a_failure():
    slow = replace(IDLE, policy=Policy(interval_s=600))
    assert seconds(play(slow, failed(What.STEPS))[1]) == 600


@pytest.mark.parametrize(("asked_s", "waited_s"), [(0, 5), (3, 5), (30, 30), (10**6, 300)])
def test_the_hub_may_ask_for_a_pause_within_bounds(asked_s, waited_s):
    """429 and 503 with Retry-After."""
    effects = play(IDLE, failed(What.STEPS, Why.BUSY, retry_after_s=asked_s))[1]
    assert seconds(effects) == waited_s <= MOST_RETRY_AFTER_S


@pytest.mark.parametrize("why", list(Why), ids=str)
def test_a_device_that_was_owned_once_never_registers_anew_by_itself(why):
    """hub-wire 0.9: it would be a stranger to its owner."""
    link = LOOKING
    for _ in range(30):
        link, effects = play(link, failed(What.LOOK_UP, why))
        assert of(do.Forget, effects) == []
        link, effects = play(link, on.TimerFired(LINE))
        assert asked(effects) == [What.LOOK_UP]
    assert link.id == "d1"


def test_a_device_that_nobody_owned_registers_anew_when_the_hub_does_not_know_it():
    """hub-wire 3.1: unclaimed ones are collected; one registration, after a pause."""
    link = told(
        CLAIMING,
        (
            failed(What.LOOK_UP, Why.UNKNOWN),
            [
                do.Say("WARN", "the Hub: look up failed (no route)"),
                do.Forget(),
                do.SetTimer(LINE, 5),
            ],
        ),
        (on.TimerFired(LINE), [do.Ask(What.REGISTER)]),
    )
    assert (link.id, link.challenge, link.known) == ("", "", False)


@pytest.mark.parametrize("why", [why for why in Why if why is not Why.UNKNOWN], ids=str)
def test_a_device_that_nobody_owned_keeps_its_name_through_any_other_failure(why):
    """hub-wire 0.9: 5xx under load must not leak devices."""
    link, effects = play(CLAIMING, failed(What.LOOK_UP, why))
    assert of(do.Forget, effects) == []
    assert (link.phase, link.known) == (Phase.CLAIM, True)


def test_a_device_that_the_hub_does_not_know_any_more_stays_what_it_is_in_idle():
    link, effects = play(IDLE, failed(What.STEPS, Why.UNKNOWN))
    assert of(do.Forget, effects) == []
    assert link.phase is Phase.IDLE


@EVERY
def test_that_the_hub_does_not_know_the_device_is_seen_until_it_does(what):
    """So that people learn what it waits for."""
    link = after(ASKING[what], failed(what, Why.UNKNOWN))
    assert link.refused
    assert not after(replace(link, asked=frozenset({what})), ANSWERS[what]).refused
    assert not after(replace(link, asked=frozenset({what})), failed(what, Why.BUSY)).refused
    assert not after(link, on.Ended()).refused


# --- metadata -----------------------------------------------------------------------------------


@pytest.mark.parametrize("why", list(Why), ids=str)
@pytest.mark.parametrize(("what", "timer", "own_s"), [(METAS[0], USER_META, 7),
                                                      (METAS[1], DEVICE_META, 10)])  # fmt: skip
def test_metadata_that_fails_is_asked_again_and_stops_nothing(what, timer, own_s, why):
    link, effects = play(IDLE, failed(what, why))
    assert effects == [do.SetTimer(timer, own_s)]
    assert asked(play(link, on.TimerFired(timer))[1]) == [what]
    assert link.failures == 0


def test_metadata_waits_as_long_as_the_hub_asks():
    effects = play(IDLE, failed(METAS[0], Why.BUSY, retry_after_s=120))[1]
    assert effects == [do.SetTimer(USER_META, 120)]


def test_while_the_hub_is_away_metadata_is_as_patient_as_the_line():
    link = replace(IDLE, failures=4)
    assert play(link, failed(METAS[0]))[1] == [do.SetTimer(USER_META, 40)]


def test_metadata_is_asked_for_in_idle_only():
    assert asked(play(SEARCHING, on.TimerFired(USER_META))[1]) == []


# --- contact (R18) ------------------------------------------------------------------------------


def test_any_answer_is_contact_and_any_silence_is_counted():
    """R18: also a 5xx is contact."""
    link = after(IDLE, on.Contact())
    assert (link.online, link.misses) == (True, 0)
    link = after(link, on.Silence(), on.Silence())
    assert (link.online, link.misses) == (False, 2)
    assert after(link, on.Contact()).misses == 0


@pytest.mark.parametrize("threshold", [0, 1, 3])
def test_more_silences_in_a_row_than_allowed_are_told(threshold):
    """R18, PH_ONLINE_REQUEST_THRESHOLD."""
    link = replace(IDLE, policy=Policy(threshold=threshold))
    facts = []
    for _ in range(threshold + 2):
        link, effects = play(link, on.Silence())
        facts.append(of(do.Tell, effects))
    silent = [do.Tell(do.Fact.SILENT)]
    assert facts == [[]] * threshold + [silent, silent]


def test_an_answer_in_between_begins_the_count_anew():
    link = replace(IDLE, policy=Policy(threshold=1))
    for _ in range(5):
        link, effects = play(link, on.Silence())
        assert effects == []
        link = after(link, on.Contact())


# --- updates ------------------------------------------------------------------------------------


def test_while_an_update_is_in_work_only_new_steps_are_asked_for():
    """R16."""
    busy = after(WAITING, on.Working(working=True, tried=False))
    assert play(busy, on.TimerFired(LINE))[1] == [do.Ask(What.STEPS, new_only=True)]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ((True, False), (False, False)),
        ((True, False), (True, True)),
        ((False, False), (True, True)),
    ],
    ids=["it ends", "its try begins", "a boot tries it"],
)
def test_the_end_of_an_update_and_the_begin_of_a_try_do_not_wait_for_the_timer(before, now):
    link = after(WAITING, on.Working(*before))
    link, effects = play(link, on.Working(*now))
    assert effects == [do.DropTimer(LINE), do.Ask(What.STEPS, new_only=now[0])]
    assert line_asks(link) == {What.STEPS}


@pytest.mark.parametrize(
    ("before", "now"),
    [((False, False), (True, False)), ((True, True), (True, False)), ((True, True), (True, True))],
)
def test_other_changes_wait_for_their_time(before, now):
    link = replace(WAITING, working=before[0], tried=before[1])
    assert play(link, on.Working(*now))[1] == []


@EVERY
def test_a_question_that_is_under_way_is_not_asked_twice(what):
    link = replace(ASKING[what], working=True)
    assert play(link, on.Working(working=False, tried=False))[1] == []


def test_a_link_that_is_off_asks_nothing_when_an_update_ends():
    link = after(FRESH, on.Working(working=True, tried=True))
    assert play(link, on.Working(working=False, tried=False))[1] == []
    assert link.working


def test_while_a_revision_is_tried_the_hub_is_asked_at_every_interval():
    """R18: neither a row of failures nor a Hub under repair makes it slower."""
    link = replace(IDLE, tried=True, working=True, failures=7)
    effects = play(link, failed(What.STEPS, Why.BUSY, retry_after_s=300))[1]
    assert seconds(effects) == POLICY.interval_s


# --- ends ---------------------------------------------------------------------------------------


DROPPED = [do.DropTimer(LINE), do.DropTimer(USER_META), do.DropTimer(DEVICE_META)]
PHASES = [REGISTERING, CLAIMING, SEARCHING, SYNCING, IDLE, WAITING]


@pytest.mark.parametrize("link", PHASES, ids=lambda link: link.phase)
def test_local_mode_ends_all_of_it_and_forgets_nothing_that_lasts(link):
    """R20: no Hub traffic."""
    ended = told(after(link, on.Silence()), (on.Ended(), DROPPED))
    assert (ended.phase, ended.asked, ended.misses, ended.online) == (
        Phase.OFF,
        frozenset(),
        0,
        False,
    )
    assert (ended.id, ended.known, ended.settled) == (link.id, link.known, link.settled)


@pytest.mark.parametrize("link", PHASES, ids=lambda link: link.phase)
def test_answers_that_come_after_the_end_mean_nothing(link):
    """Late: nothing is asked, kept or shown for them."""
    ended = after(link, on.Ended())
    late = [*ANSWERS.values(), *map(on.Answered, METAS), *(failed(what) for what in What)]
    late += [on.Contact(), on.Silence(), *map(on.TimerFired, (LINE, USER_META, DEVICE_META))]
    for event in late:
        assert play(ended, event) == (ended, [])


@EVERY
def test_the_answer_to_another_question_means_nothing(what):
    for other, answer in ANSWERS.items():
        if other is not what and other not in ASKING[what].asked:
            assert play(ASKING[what], answer) == (ASKING[what], [])


def test_a_link_that_begins_again_goes_on_where_it_may():
    assert asked(play(IDLE, on.Ended(), on.Began())[1]) == [What.LOOK_UP]
    assert asked(play(REGISTERING, on.Ended(), on.Began())[1]) == [What.REGISTER]


@pytest.mark.parametrize("link", [*PHASES, SETTLED], ids=lambda link: link.phase)
def test_a_forgotten_device_has_no_name_and_asks_nobody(link):
    """R20: it registers anew when it begins anew."""
    forgotten = told(link, (on.Forgotten(), [*DROPPED, do.Show()]))
    assert (forgotten.phase, forgotten.id, forgotten.known) == (Phase.OFF, "", False)
    assert (forgotten.settled, forgotten.claimed) == (False, False)
    assert asked(play(forgotten, on.Began())[1]) == [What.REGISTER]


def test_a_hub_that_registers_and_then_knows_nobody_gets_new_devices_ever_more_rarely():
    link, _ = play(Link(), on.Began())
    pauses = []
    for _ in range(5):
        link = after(link, ANSWERS[What.REGISTER])
        link, effects = play(link, failed(What.LOOK_UP, Why.UNKNOWN))
        pauses += [effect.seconds for effect in of(do.SetTimer, effects)]
        link = after(link, on.TimerFired(LINE))
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0]
