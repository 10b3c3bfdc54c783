from decimal import Decimal

import pytest

from surefoot.revision import AutoRecovery, RecoveryPolicy, StateError
from surefoot.revision.fields import Field
from surefoot.revision.recovery import read_recovery


def read(value):
    return read_recovery(Field("app/run.json", value, "auto_recovery"))


def test_nothing_means_no_auto_recovery():
    assert read(None) is None


def test_members_left_out_have_the_documented_defaults():
    assert read({}) == AutoRecovery(RecoveryPolicy.NO, 0, 0.0, 1.0, 0.0, 0.0, "reboot")


def test_all_members_are_read_with_their_units():
    found = read(
        {
            "policy": "on-failure",
            "max_retries": 5,
            "retry_delay": 5,
            "backoff_factor": Decimal("1.5"),
            "reset_window": 600,
            "stable_timeout": Decimal("0.5"),
            "backoff_policy": "10min",
        }
    )
    assert found == AutoRecovery(RecoveryPolicy.ON_FAILURE, 5, 5.0, 1.5, 600.0, 0.5, 600.0)


def test_a_container_can_refuse_recovery():
    recovery = read({"policy": "no"})
    assert recovery is not None
    assert recovery.policy is RecoveryPolicy.NO


@pytest.mark.parametrize(
    ("text", "backoff"),
    [
        ("reboot", "reboot"),
        ("never", "never"),
        ("30s", 30.0),
        ("30", 30.0),
        ("10min", 600.0),
        ("1h", 3600.0),
        ("2d", 172_800.0),
    ],
)
def test_the_last_resort_is_a_word_or_a_duration(text, backoff):
    assert read({"backoff_policy": text}).backoff_policy == backoff


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("policy", "sometimes"),
        ("policy", ""),
        ("max_retries", -1),
        ("max_retries", Decimal("2.5")),
        ("max_retries", "5"),
        ("max_retries", True),
        ("max_retries", 10**30),
        ("retry_delay", -1),
        ("retry_delay", 10**400),
        ("retry_delay", "5s"),
        ("backoff_factor", -1),
        ("backoff_factor", 10**6),
        ("reset_window", []),
        ("stable_timeout", {}),
        ("backoff_policy", "0s"),
        ("backoff_policy", "10 min"),
        ("backoff_policy", "-1s"),
        ("backoff_policy", "1w"),
        ("backoff_policy", "9" * 30),
        ("backoff_policy", ""),
        ("backoff_policy", 30),
    ],
)
def test_a_bad_member_is_named(member, value):
    with pytest.raises(StateError) as caught:
        read({member: value})
    assert caught.value.key == f"app/run.json: auto_recovery.{member}"


@pytest.mark.parametrize("value", [[], "no", 1, True])
def test_auto_recovery_is_an_object(value):
    with pytest.raises(StateError, match="expected a JSON object"):
        read(value)
