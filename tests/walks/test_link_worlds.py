"""The link in any order of answers, failures, silence, modes and timers: nothing ever stops it."""

import typing
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.advance import DEVICE_META, LEAST_S, LINE, USER_META, advance
from surefoot.link.record import Phase, Policy, What, Why
from tests.link.stories import FRESH, KNOWN, METAS, SETTLED, line_asks

EVENTS = st.one_of(
    st.sampled_from([on.Began(), on.Ended(), on.Forgotten(), on.Contact(), on.Silence()]),
    st.builds(on.Registered, st.just("d2"), st.just("p"), st.just("s"), st.sampled_from(["", "w"])),
    st.builds(on.Seen, st.booleans(), st.sampled_from(["", "w"])),
    st.builds(on.TrailsSeen, st.booleans()),
    st.builds(on.Answered, st.sampled_from([What.SYNC, What.STEPS, *METAS])),
    st.builds(
        on.Failed,
        st.sampled_from(What),
        st.sampled_from(Why),
        st.just("x"),
        st.sampled_from([0, 7, 900]),
    ),
    st.builds(on.Working, st.booleans(), st.booleans()),
    st.builds(on.TimerFired, st.sampled_from([LINE, USER_META, DEVICE_META])),
)
ANSWERED_BY = {
    **{event: what for what, (event, _) in do.ANSWERS.items() if event is not on.Answered},
}


class Around:
    """What the hands do around a link: timers that are set, questions that are under way."""

    def __init__(self, link):
        self.link, self.timers, self.asked = link, set(), []

    def may_happen(self, event):
        """Only what was asked is answered, once; only a timer that is set fires."""
        if isinstance(event, on.TimerFired):
            return event.timer in self.timers
        if isinstance(event, on.Began):
            return self.link.phase is Phase.OFF
        what = ANSWERED_BY.get(type(event)) or getattr(event, "what", None)
        return what is None or what in self.asked

    def happen(self, event):
        if isinstance(event, on.TimerFired):
            self.timers.discard(event.timer)
        what = ANSWERED_BY.get(type(event)) or getattr(event, "what", None)
        if what in self.asked:
            self.asked.remove(what)
        self.link, effects = advance(self.link, event)
        for effect in effects:
            if isinstance(effect, do.Ask):
                self.asked.append(effect.what)
            elif isinstance(effect, do.SetTimer):
                assert effect.seconds >= LEAST_S
                self.timers.add(effect.timer)
            elif isinstance(effect, do.DropTimer):
                self.timers.discard(effect.timer)

    def check(self):
        asks = line_asks(self.link)
        assert len(asks) <= 1, "one of the line at a time"
        assert self.link.asked <= set(self.asked), "whoever waits for an answer gets it"
        if self.link.phase is Phase.OFF:
            assert not self.timers
            assert not self.link.asked
        else:
            assert bool(asks) != (LINE in self.timers), "asked, or a timer that asks: never both"
        if self.link.phase is Phase.IDLE:
            for timer, what in ((USER_META, METAS[0]), (DEVICE_META, METAS[1])):
                assert (timer in self.timers) != (what in self.link.asked)


STARTS = st.sampled_from([FRESH, KNOWN, SETTLED, replace(FRESH, policy=Policy(0, 0, 0, 2))])


@settings(max_examples=500, derandomize=True)
@given(STARTS, st.lists(EVENTS, max_size=60))
def test_whatever_happens_a_question_is_under_way_or_its_timer_is_set(link, events):
    """Design rule 7: nothing ever stops the line, unless it is off; late answers among it all."""
    around = Around(link)
    around.happen(on.Began())
    for event in events:
        if around.may_happen(event):
            around.happen(event)
            around.check()


@settings(max_examples=300, derandomize=True)
@given(st.sampled_from([FRESH, KNOWN, SETTLED]), st.lists(EVENTS, max_size=60))
def test_an_owned_device_is_never_registered_again_without_being_forgotten(link, events):
    """hub-wire 0.9, R20."""
    around = Around(link)
    around.happen(on.Began())
    for event in events:
        settled = around.link.settled
        if around.may_happen(event):
            around.happen(event)
        if settled and not isinstance(event, on.Forgotten):
            assert around.link.settled
            assert around.link.phase is not Phase.REGISTER


def test_every_answer_that_is_possible_is_among_what_happens():
    """The strategy above knows all of them."""
    known = {on.Began, on.Ended, on.Forgotten, on.Contact, on.Silence, on.Registered, on.Seen}
    known |= {on.TrailsSeen, on.Answered, on.Failed, on.Working, on.TimerFired}
    assert known == set(typing.get_args(on.Event))
