"""The link's thinking: `advance(link, event) -> (link, effects)`.

`RULES` says what each event means; an answer that nobody waits for any more (the link was ended and
has begun anew) means nothing. The *line* never stops: each rule of it either asks or sets LINE.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.link import effects as do
from surefoot.link import events as on
from surefoot.link.effects import Fact
from surefoot.link.record import LINE as LINE_ASKS
from surefoot.link.record import Link, Phase, What, Why

Result = tuple[Link, tuple[do.Effect, ...]]

LINE = "link.line"
USER_META = "link.user-meta"
DEVICE_META = "link.device-meta"
# Nobody is asked without a pause, whatever the settings say.
LEAST_S = 1.0
MOST_PATIENCE_S = 60.0
# Longer ones are what a Hub under repair says; a try cannot wait for them (R18).
MOST_RETRY_AFTER_S = 300.0
METAS = {USER_META: What.USER_META, DEVICE_META: What.DEVICE_META}
NEXT_ASK = {
    Phase.REGISTER: What.REGISTER,
    Phase.CLAIM: What.LOOK_UP,
    Phase.SYNC: What.TRAILS,
    Phase.IDLE: What.STEPS,
}


def advance(link: Link, event: on.Event) -> Result:
    """The link after `event`, and what shall be done, in order."""
    return RULES[type(event)](link, event)


def _began(link: Link, event: on.Began) -> Result:
    phase = Phase.CLAIM if link.known else Phase.REGISTER
    return _ask_line(replace(link, phase=phase, claimed=link.settled))


def _forgotten(link: Link, event: on.Forgotten) -> Result:
    """Ended as well: whoever wants it to begin anew says so, after the reboot (R20)."""
    nobody = replace(link, id="", challenge="", known=False, settled=False, claimed=False)
    link, dropped = _ended(nobody, on.Ended())
    return link, (*dropped, do.Show())


def _ended(link: Link, event: on.Ended) -> Result:
    """Answers to what is still asked come too late from now on."""
    ended = replace(link, phase=Phase.OFF, asked=frozenset(), online=False, misses=0, failures=0)
    ended = replace(ended, refused=False)
    return ended, tuple(do.DropTimer(timer) for timer in (LINE, *METAS))


# ---- the line ----------------------------------------------------------------------------------


def _ask_line(link: Link) -> Result:
    return _ask(link, NEXT_ASK[link.phase])


def _ask(link: Link, what: What) -> Result:
    if what in link.asked:
        return link, ()
    new_only = what is What.STEPS and link.working
    return replace(link, asked=link.asked | {what}), (do.Ask(what, new_only),)


def _wait(link: Link) -> Result:
    return link, (do.SetTimer(LINE, _interval_s(link)),)


def _interval_s(link: Link) -> float:
    return max(link.policy.interval_s, LEAST_S)


def _registered(link: Link, event: on.Registered) -> Result:
    """Failures stay counted: a Hub that registers and does not know afterwards whom gets a new
    device ever more rarely."""
    link = replace(link, asked=link.asked - {What.REGISTER}, phase=Phase.CLAIM, known=True)
    link = replace(link, id=event.id, challenge=event.challenge, settled=False, claimed=False)
    link = replace(link, refused=False)
    kept = do.Keep(event.id, event.prn, event.secret)
    link, asked = _ask_line(link)
    return link, (kept, do.Show(event.challenge), *asked)


def _seen(link: Link, event: on.Seen) -> Result:
    link = replace(_good(link, What.LOOK_UP), challenge=event.challenge)
    if not event.owned:
        link, waiting = _wait(replace(link, claimed=False))
        return link, (do.Show(event.challenge), *waiting)
    told = () if link.settled else (do.Settle(), do.Say("INFO", "the device is claimed"))
    link, asked = _ask_line(replace(link, phase=Phase.SYNC, claimed=True, settled=True))
    return link, (do.Show(), *told, *asked)


def _trails_seen(link: Link, event: on.TrailsSeen) -> Result:
    link = _good(link, What.TRAILS)
    if not event.present:
        return _ask(link, What.SYNC)
    link = replace(link, phase=Phase.IDLE)
    effects: tuple[do.Effect, ...] = (do.Tell(Fact.LINKED),)
    for what in (What.STEPS, What.USER_META, What.DEVICE_META):
        link, asked = _ask(link, what)
        effects = (*effects, *asked)
    return link, effects


def _answered(link: Link, event: on.Answered) -> Result:
    link = _good(link, event.what)
    if event.what is What.SYNC:
        return _ask_line(link)  # the Hub says itself whether there is a trail now
    if event.what is What.STEPS:
        return _wait(link)
    return link, (_meta_timer(link, event.what),)


def _good(link: Link, what: What) -> Link:
    link = replace(link, asked=link.asked - {what})
    return replace(link, failures=0, refused=False) if what in LINE_ASKS else link


def _meta_timer(link: Link, what: What, least_s: float = LEAST_S) -> do.SetTimer:
    if what is What.USER_META:
        return do.SetTimer(USER_META, max(link.policy.user_meta_s, least_s))
    return do.SetTimer(DEVICE_META, max(link.policy.device_meta_s, least_s))


# ---- failures ----------------------------------------------------------------------------------


def _failed(link: Link, event: on.Failed) -> Result:
    link = replace(link, asked=link.asked - {event.what})
    if event.what not in LINE_ASKS:
        return link, (_meta_timer(link, event.what, _delay_s(link, event.retry_after_s)),)
    said = _said(link, event)
    link = replace(link, failures=link.failures + 1, refused=event.why is Why.UNKNOWN)
    delay_s = _delay_s(link, event.retry_after_s)
    if event.why is Why.UNKNOWN and event.what is What.LOOK_UP and not link.settled:
        link = replace(link, phase=Phase.REGISTER, id="", challenge="", known=False)
        return link, (*said, do.Forget(), do.SetTimer(LINE, delay_s))
    return link, (*said, do.SetTimer(LINE, delay_s))


def _said(link: Link, event: on.Failed) -> tuple[do.Effect, ...]:
    """Once for a row of failures: a Hub that is away for a week fills no log."""
    if link.failures:
        return ()
    return (do.Say("WARN", f"the Hub: {event.what.value} failed ({event.detail})"),)


def _delay_s(link: Link, retry_after_s: float) -> float:
    """Growing; but while a revision is tried the Hub is asked at least every interval (R18)."""
    interval_s = _interval_s(link)
    if link.tried:
        return interval_s
    doublings = min(max(link.failures - 1, 0), 10)
    growing_s = min(interval_s * float(1 << doublings), MOST_PATIENCE_S)
    return max(growing_s, interval_s, min(retry_after_s, MOST_RETRY_AFTER_S))


# ---- contact -----------------------------------------------------------------------------------


def _contact(link: Link, event: on.Contact) -> Result:
    if link.phase is Phase.OFF:
        return link, ()
    return replace(link, online=True, misses=0), ()


def _silence(link: Link, event: on.Silence) -> Result:
    if link.phase is Phase.OFF:
        return link, ()
    link = replace(link, online=False, misses=link.misses + 1)
    told = (do.Tell(Fact.SILENT),) if link.misses > link.policy.threshold else ()
    return link, told


def _working(link: Link, event: on.Working) -> Result:
    """The end of an update is when the next step is wanted; the begin of a try is when contact is
    (R18): neither waits for the timer."""
    ends = link.working and not event.working
    begins = event.tried and not link.tried
    link = replace(link, working=event.working, tried=event.tried)
    if link.phase is Phase.OFF or not (ends or begins) or link.asked & LINE_ASKS:
        return link, ()
    link, asked = _ask_line(link)
    return link, (do.DropTimer(LINE), *asked)


def _timer(link: Link, event: on.TimerFired) -> Result:
    if link.phase is Phase.OFF:
        return link, ()
    if event.timer == LINE:
        return _ask_line(link)
    return _ask(link, METAS[event.timer]) if link.phase is Phase.IDLE else (link, ())


def _if_asked(what: What | None, rule: Callable[[Link, Any], Result]) -> Any:
    """The rule, for an answer that is still waited for."""

    def checked(link: Link, event: Any) -> Result:
        asked = what or event.what
        return rule(link, event) if asked in link.asked else (link, ())

    return checked


RULES: dict[type, Callable[[Link, Any], Result]] = {
    on.Began: _began,
    on.Forgotten: _forgotten,
    on.Ended: _ended,
    on.Registered: _if_asked(What.REGISTER, _registered),
    on.Seen: _if_asked(What.LOOK_UP, _seen),
    on.TrailsSeen: _if_asked(What.TRAILS, _trails_seen),
    on.Answered: _if_asked(None, _answered),
    on.Failed: _if_asked(None, _failed),
    on.Contact: _contact,
    on.Silence: _silence,
    on.Working: _working,
    on.TimerFired: _timer,
}
