"""What happens to a container that exits by itself.

Source: device.md 10 and the public documentation of the state format for the defaults.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from surefoot.revision.fields import Field

MAX_SECONDS = 10 * 365 * 24 * 3600.0
_MAX_RETRIES = 1_000_000
_MAX_FACTOR = 1000.0

_DURATION = re.compile(r"([0-9]{1,9})(s|min|h|d)?")
_UNIT_S = {None: 1.0, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

Backoff: TypeAlias = Literal["reboot", "never"] | float
"""Once the retries are spent: reboot, leave it down, or begin anew after that many seconds."""


class RecoveryPolicy(StrEnum):
    NO = "no"
    ALWAYS = "always"
    ON_FAILURE = "on-failure"
    UNLESS_STOPPED = "unless-stopped"


@dataclass(frozen=True)
class AutoRecovery:
    """Defaults are what a manifest means that leaves the member out.

    `policy` NO means: as if there were no `auto_recovery`, except for `stable_timeout_s`; a
    container says it to refuse what its group would lend it.
    """

    policy: RecoveryPolicy = RecoveryPolicy.NO
    max_retries: int = 0
    """0: without end."""
    retry_delay_s: float = 0.0
    backoff_factor: float = 1.0
    """Each further delay is that many times the one before."""
    reset_window_s: float = 0.0
    """Running that long sets the count of retries back to 0; 0: never."""
    stable_timeout_s: float = 0.0
    """Running that long after its goal makes a container stable (TESTING waits for it)."""
    backoff_policy: Backoff = "reboot"


def read_recovery(field: Field) -> AutoRecovery | None:
    """The member `auto_recovery` of a container or group. Raises StateError."""
    if not field.present:
        return None
    default = AutoRecovery()
    policy, retries = field.member("policy"), field.member("max_retries")
    factor, backoff = field.member("backoff_factor"), field.member("backoff_policy")
    return AutoRecovery(
        policy=policy.choice(RecoveryPolicy) if policy.present else default.policy,
        max_retries=retries.whole(_MAX_RETRIES) if retries.present else default.max_retries,
        retry_delay_s=_seconds(field.member("retry_delay")),
        backoff_factor=factor.number(0, _MAX_FACTOR) if factor.present else default.backoff_factor,
        reset_window_s=_seconds(field.member("reset_window")),
        stable_timeout_s=_seconds(field.member("stable_timeout")),
        backoff_policy=_backoff(backoff) if backoff.present else default.backoff_policy,
    )


def _seconds(field: Field) -> float:
    return field.number(0, MAX_SECONDS) if field.present else 0.0


def _backoff(field: Field) -> Backoff:
    match field.value:
        case "reboot":
            return "reboot"
        case "never":
            return "never"
        case str(text) if seconds := _duration(text):
            return seconds
        case _:
            raise field.error('"reboot", "never" or a duration like "30s", "10min", "1h"')


def _duration(text: str) -> float:
    """Seconds; 0 for what is no duration."""
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNIT_S[found[2]] if found else 0.0
