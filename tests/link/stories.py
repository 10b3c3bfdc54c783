"""The link as tests drive it: a link in each phase, stories told as event in, effects out."""

from dataclasses import replace

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.advance import advance
from surefoot.link.record import LINE as LINE_ASKS
from surefoot.link.record import Link, Phase, Policy, What

POLICY = Policy(interval_s=5, user_meta_s=7, device_meta_s=10, threshold=0)
FRESH = Link(policy=POLICY)
KNOWN = replace(FRESH, id="d1", known=True)
SETTLED = replace(KNOWN, settled=True, claimed=True)
REGISTERED = on.Registered("d1", "prn:::devices:/d1", "secret", "three-good-words")
UNOWNED = on.Seen(owned=False, challenge="three-good-words")
OWNED = on.Seen(owned=True)
METAS = (What.USER_META, What.DEVICE_META)


def play(link, *events):
    """The link and the effects of the last event."""
    effects = ()
    for event in events:
        link, effects = advance(link, event)
    return link, list(effects)


def after(link, *events):
    return play(link, *events)[0]


def told(link, *script):
    """Plays a story, pairs of an event and the effects it must have; compares the whole script."""
    played = []
    for event, _ in script:
        link, effects = advance(link, event)
        played.append((event, list(effects)))
    assert played == [(event, list(effects)) for event, effects in script]
    return link


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def asked(effects):
    return [effect.what for effect in of(do.Ask, effects)]


def line_asks(link):
    return link.asked & LINE_ASKS


# A link that waits for the answer to the one question of its phase.
REGISTERING = after(FRESH, on.Began())
CLAIMING = after(REGISTERING, REGISTERED)
LOOKING = after(SETTLED, on.Began())
SEARCHING = after(LOOKING, OWNED)  # is there a trail?
SYNCING = after(SEARCHING, on.TrailsSeen(present=False))
IDLE = after(SEARCHING, on.TrailsSeen(present=True))
ASKING = {
    What.REGISTER: REGISTERING,
    What.LOOK_UP: CLAIMING,
    What.TRAILS: SEARCHING,
    What.SYNC: SYNCING,
    What.STEPS: IDLE,
}
ANSWERS = {
    What.REGISTER: REGISTERED,
    What.LOOK_UP: OWNED,
    What.TRAILS: on.TrailsSeen(present=True),
    What.SYNC: on.Answered(What.SYNC),
    What.STEPS: on.Answered(What.STEPS),
}
WAITING = after(IDLE, *(on.Answered(what) for what in (What.STEPS, *METAS)))
assert IDLE.phase is Phase.IDLE
assert not WAITING.asked
