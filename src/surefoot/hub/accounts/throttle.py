"""How long to wait after refused logins. Pure: the rows are in `store.py`.

People are held back by address, and by name: soon where it failed from, so that nobody elsewhere
keeps them out, and late everywhere, so that nobody guesses from many places. A device is held back
only where it failed from: its secret cannot be guessed, so nobody elsewhere may keep it out, nor
may one broken device keep out its neighbours behind the same address. Every wait ends, and the
right password works after it.
"""

import hashlib
from dataclasses import dataclass

from surefoot.hub.accounts.store import Failures
from surefoot.hub.frame.limits import network

SECOND = 1_000_000
FIRST_S, LONGEST_S = 1, 60
# A row that nobody added to for so long counts for nothing.
FORGOTTEN_S = 15 * 60


@dataclass(frozen=True)
class Mark:
    """One row of failures. `free`: so many are refused without a wait."""

    key: str
    free: int


def name(account_id: str, username: str, address: str) -> tuple[Mark, Mark]:
    """Here and everywhere. `account_id`: "" when there is no such account; then the hash of what
    was tried, since people type passwords into the wrong field."""
    tried = hashlib.sha256(username.lower().encode("utf-8", "replace")).hexdigest()[:32]
    key = f"name {account_id or tried}"
    return Mark(f"{key} from {network(address)}", free=5), Mark(key, free=500)


def address(text: str) -> Mark:
    """More is free: an office has one address."""
    return Mark(f"from {network(text)}", free=30)


def device(id: str, text: str) -> Mark:
    return Mark(f"device {id} from {network(text)}", free=10)


def wait_s(found: Failures, at: int) -> int:
    """Seconds, rounded up; 0: a try is allowed. `at`: microseconds."""
    return max(0, -((at - found.until) // SECOND))


def after(found: Failures, free: int, at: int) -> Failures:
    """One more. The wait doubles with each."""
    is_old = at - found.until > FORGOTTEN_S * SECOND
    count = 1 if is_old else found.count + 1
    wait = min(FIRST_S * 2 ** min(count - free - 1, 10), LONGEST_S) if count > free else 0
    return Failures(count, at + wait * SECOND)
