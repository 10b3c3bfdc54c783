"""What a Hub's "no" means: from a status to `surefoot.errors` (hub-wire.md 0.8, 0.11, 9)."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from surefoot.client.hub.http import Answer
from surefoot.errors import Busy, Conflict, Forbidden, NotFound, SurefootError
from surefoot.wire.hub import answers

BUSY = frozenset({408, 425, 429})
"""With every 5xx: the same request may succeed later."""
_MAX_WAIT_S = 3600
_DEFAULT_WAIT_S = 5


class HubRefused(Conflict):
    """The Hub will not have it, and will say the same next time. `status`: of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Gone(NotFound):
    """An object that is not to be had, also with a fresh URL: asking again will not help (R15)."""


def is_forbidden(error: Exception) -> bool:
    """The caller may not, whatever it is that it asks for (403)."""
    return isinstance(error, HubRefused) and error.status == 403


def is_busy(status: int) -> bool:
    return status in BUSY or status >= 500


def refusal(answer: Answer, what: str) -> SurefootError:
    """The error for any status but the wanted one. `what` was asked for, in words."""
    said = answers.complaint(answer.body) or f"status {answer.status}"
    words = f"The Hub refuses {what}: {said}"
    if is_busy(answer.status):
        wait = retry_after_s(answer.headers)
        words = f"The Hub cannot do it now ({what}): {said}"
        return Busy(words, _DEFAULT_WAIT_S if wait is None else wait)
    if answer.status == 401:
        return Forbidden(words)
    return NotFound(words) if answer.status == 404 else HubRefused(answer.status, words)


def retry_after_s(headers: Mapping[str, str]) -> int | None:
    """Seconds, at most an hour; None when the server names no time. A date is taken against the
    server's own clock, never against ours (R23)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _MAX_WAIT_S)
    try:
        there = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("date", ""))
        return max(0, min(int((there - now).total_seconds()), _MAX_WAIT_S))
    except (ValueError, TypeError, OverflowError):
        return None
