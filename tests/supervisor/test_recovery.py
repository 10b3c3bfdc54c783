"""Auto-recovery: policies, exit codes, back-off, what follows when the retries are spent."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.revision import AutoRecovery, RecoveryPolicy
from surefoot.supervisor.record import Instance
from surefoot.supervisor.recovery import (
    MAX_DELAY_S,
    MAX_TRIAL_RETRIES,
    Recovery,
    Verdict,
    judge,
)
from tests.supervisor.bench import box

P = RecoveryPolicy
RULE = AutoRecovery(policy=P.ALWAYS, max_retries=3, retry_delay_s=5)


def after(rule, code=1, retries=0, trial=False):
    return judge(Instance("app.1", box(recovery=rule), "0", retries=retries), code, trial)


@pytest.mark.parametrize("code", [0, 7, None])
@pytest.mark.parametrize("rule", [None, AutoRecovery(policy=P.NO, max_retries=9)])
def test_without_recovery_an_exit_is_a_failure_whatever_its_code(rule, code):
    """R11: a container without `auto_recovery` that exits; policy `no` means the same."""
    assert after(rule, code) == Recovery(Verdict.FAILED)


EXITS = [
    (P.ALWAYS, 0, Verdict.AGAIN),
    (P.ALWAYS, 7, Verdict.AGAIN),
    (P.ALWAYS, None, Verdict.AGAIN),
    (P.UNLESS_STOPPED, 0, Verdict.AGAIN),
    (P.UNLESS_STOPPED, 7, Verdict.AGAIN),
    (P.ON_FAILURE, 0, Verdict.SUCCESS),
    (P.ON_FAILURE, 7, Verdict.AGAIN),
    (P.ON_FAILURE, None, Verdict.AGAIN),
]


@pytest.mark.parametrize(("policy", "code", "verdict"), EXITS)
def test_exit_codes_are_looked_at_under_on_failure_only(policy, code, verdict):
    """device.md 11: the reference does not look at them; R11: 0 is a success there. None: killed
    by a signal, or could not be started."""
    assert after(replace(RULE, policy=policy), code).verdict is verdict


@pytest.mark.parametrize("trial", [False, True])
def test_there_are_as_many_retries_as_the_manifest_allows(trial):
    """device.md 10: `max_retries` starts after the first one."""
    verdicts = [after(RULE, retries=n, trial=trial).verdict for n in range(4)]
    assert verdicts[:3] == [Verdict.AGAIN] * 3
    assert verdicts[3] in (Verdict.FAILED, Verdict.REBOOT)


def test_zero_retries_are_without_end_outside_of_a_try():
    endless = replace(RULE, max_retries=0)
    assert after(endless, retries=10**6).verdict is Verdict.AGAIN


def test_a_try_ends_although_its_retries_do_not():
    """peers 3: pantavisor#481: a revision must not hang in TESTING."""
    endless = replace(RULE, max_retries=0)
    assert after(endless, retries=MAX_TRIAL_RETRIES - 1, trial=True).verdict is Verdict.AGAIN
    assert after(endless, retries=MAX_TRIAL_RETRIES, trial=True).verdict is Verdict.FAILED


BACKOFFS = [
    ("reboot", Recovery(Verdict.REBOOT)),
    ("never", Recovery(Verdict.FAILED)),
    (600.0, Recovery(Verdict.AGAIN, 600.0, fresh=True)),
]


@pytest.mark.parametrize(("backoff", "expected"), BACKOFFS)
def test_spent_retries_end_in_the_backoff_policy(backoff, expected):
    """device.md 10: reboot, stay down, or begin anew after a pause."""
    assert after(replace(RULE, backoff_policy=backoff), retries=3) == expected


@pytest.mark.parametrize("backoff", ["reboot", "never", 600.0])
def test_in_a_try_spent_retries_are_a_failure_whatever_the_backoff_policy(backoff):
    """R11."""
    spent = after(replace(RULE, backoff_policy=backoff), retries=3, trial=True)
    assert spent == Recovery(Verdict.FAILED)


def test_each_delay_is_that_many_times_the_one_before():
    """device.md 10: `backoff_factor`."""
    rule = replace(RULE, backoff_factor=2, max_retries=0)
    assert [after(rule, retries=n).delay_s for n in range(5)] == [5, 10, 20, 40, 80]


def test_a_growing_delay_stays_one_that_somebody_may_wait_for():
    rule = replace(RULE, backoff_factor=10, max_retries=0)
    assert after(rule, retries=60).delay_s == MAX_DELAY_S
    longer = replace(rule, retry_delay_s=2 * MAX_DELAY_S)
    assert after(longer, retries=60).delay_s == 2 * MAX_DELAY_S


@given(
    st.floats(0, 3.2e8),
    st.floats(0, 1000),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.booleans(),
)
def test_no_legal_manifest_makes_the_sum_overflow(delay, factor, retries, limit, trial):
    rule = replace(RULE, retry_delay_s=delay, backoff_factor=factor, max_retries=limit)
    found = after(rule, retries=retries, trial=trial)
    assert 0 <= found.delay_s <= max(MAX_DELAY_S, delay)
