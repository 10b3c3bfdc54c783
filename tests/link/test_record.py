"""What the link remembers: plain values, in the reference's words."""

import pytest

from surefoot.link.record import LINE, Link, Phase, Policy, What, Why
from tests.link.stories import IDLE


def test_phases_are_shown_in_the_references_words():
    """hub-wire 3.4, `pantahub.state`."""
    assert [phase.value for phase in Phase] == ["init", "register", "claim", "sync", "idle"]


def test_a_link_is_a_plain_value():
    """Design rule 2."""
    assert hash(IDLE) == hash(IDLE)
    assert len({Link(), Link()}) == 1


@pytest.mark.parametrize("kind", [Link, Policy])
def test_all_are_frozen(kind):
    assert kind.__dataclass_params__.frozen


def test_the_line_is_every_question_but_those_for_metadata():
    assert set(What) - LINE == {What.USER_META, What.DEVICE_META}


def test_a_new_link_is_off_and_knows_nobody():
    link = Link()
    assert (link.phase, link.known, link.settled, link.online) == (Phase.OFF, False, False, False)
    assert link.asked == frozenset()


def test_the_intervals_are_the_references():
    """hub-wire 8.6, config.md."""
    policy = Policy()
    assert (policy.interval_s, policy.user_meta_s, policy.device_meta_s) == (5, 5, 10)
    assert policy.threshold == 0


def test_who_failed_can_be_told_apart():
    assert {why.value for why in Why} == {"silent", "busy", "unknown", "refused", "own"}
