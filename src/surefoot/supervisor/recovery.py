"""Auto-recovery: what follows when a container's init has ended without being asked to.

Sources: device.md 10 (policies, back-off, reset window), device.md 11 (`on-failure` must look at
exit codes), rulings R10, R11.
"""

from dataclasses import dataclass
from enum import StrEnum

from surefoot.revision import AutoRecovery
from surefoot.supervisor.record import Instance

# A back-off that grows for ever would be a container that never comes back.
MAX_DELAY_S = 3600.0
MAX_GROWTHS = 64
# A try must come to an end, also with a container that would recover for ever (peers 3:
# pantavisor#481).
MAX_TRIAL_RETRIES = 10


class Verdict(StrEnum):
    SUCCESS = "success"  # it has done its work
    AGAIN = "again"  # start it again after `delay_s`
    FAILED = "failed"  # it stays down
    REBOOT = "reboot"  # it stays down and asks for a reboot


@dataclass(frozen=True)
class Recovery:
    verdict: Verdict
    delay_s: float = 0.0
    fresh: bool = False  # the count of retries begins anew


def judge(instance: Instance, code: int | None, trial: bool) -> Recovery:
    """`code` is init's exit code, None when it was killed or could not be started."""
    rule = instance.container.auto_recovery
    if rule is None or rule.policy == "no":
        return Recovery(Verdict.FAILED)
    if rule.policy == "on-failure" and code == 0:
        return Recovery(Verdict.SUCCESS)
    if _may_retry(rule, instance.retries, trial):
        return Recovery(Verdict.AGAIN, _delay(rule, instance.retries))
    return Recovery(Verdict.FAILED) if trial else _exhausted(rule)


def _may_retry(rule: AutoRecovery, retries: int, trial: bool) -> bool:
    """`max_retries` 0 is without end, outside of a try."""
    limit = rule.max_retries or (MAX_TRIAL_RETRIES if trial else None)
    return limit is None or retries < limit


def _delay(rule: AutoRecovery, retries: int) -> float:
    grown = rule.retry_delay_s * rule.backoff_factor ** min(retries, MAX_GROWTHS)
    return min(grown, max(MAX_DELAY_S, rule.retry_delay_s))


def _exhausted(rule: AutoRecovery) -> Recovery:
    if rule.backoff_policy == "reboot":
        return Recovery(Verdict.REBOOT)
    if rule.backoff_policy == "never":
        return Recovery(Verdict.FAILED)
    return Recovery(Verdict.AGAIN, float(rule.backoff_policy), fresh=True)
