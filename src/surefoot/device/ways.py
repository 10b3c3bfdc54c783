"""The way from one state to the next, as the update machine wants to know it."""

from surefoot.revision import State, Transition, decide
from surefoot.update.record import Plan


def plan(running: State | None, new: State | None, done: State | None) -> Plan:
    """The way to `new` and the way back from it to `done`; what cannot be read needs a reboot."""
    there, back = _way(running, new), _way(new, done)
    return Plan(
        there.reboot, back.reboot, reasons_of(there), reasons_of(back), _longest_stable_s(new)
    )


def _longest_stable_s(state: State | None) -> float:
    rules = [one.auto_recovery for one in state.containers] if state else []
    return max((rule.stable_timeout_s for rule in rules if rule), default=0.0)


def _way(old: State | None, new: State | None) -> Transition:
    if old is None or new is None:
        return Transition(True, (), (), (), ())
    return decide(old, new)


def reasons_of(way: Transition) -> tuple[str, ...]:
    """The phrases for people: those that force a reboot, or else all."""
    if way.reboot:
        forcing = tuple(reason.why for reason in way.reasons if reason.reboot)
        return forcing or ("the running state JSON cannot be read",)
    return tuple(reason.why for reason in way.reasons)
