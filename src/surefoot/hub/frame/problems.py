"""Errors of the Hub, and what each becomes on the wire (hub.md "Conventions").

The rest of our errors keep the status of `surefoot.errors.OUTCOMES`.
"""

import json
import secrets
from collections.abc import Mapping

from surefoot.errors import Busy, Forbidden, InvalidInput, NoRoom, SurefootError, outcome


class Malformed(InvalidInput):
    """The body or the query cannot be read as what the route takes."""


class TooLarge(InvalidInput):
    """The body is longer than the route takes."""


class Unauthenticated(Forbidden):
    """No token, or one that is not good: log in."""


class TooMany(Busy):
    """This caller asks too often."""


STATUS: dict[type[SurefootError], int] = {
    Malformed: 400,
    TooLarge: 413,
    Unauthenticated: 401,
    TooMany: 429,
    NoRoom: 507,
}


def status_of(error: SurefootError) -> int:
    kinds = (kind for kind in type(error).__mro__ if kind in STATUS)
    found = next(kinds, None)
    return STATUS[found] if found else outcome(error).http_status


def body_of(error: SurefootError, status: int) -> bytes:
    """The reference's error body: clients print it. `error` is for people here."""
    incident = secrets.randbits(31)
    body = {"incident": incident, "error": str(error), "code": status}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def headers_of(error: SurefootError, auth_endpoint: str) -> Mapping[str, str]:
    """401 says where to log in (hub-wire 2.3: pvr parses exactly this), 503 and 429 say when."""
    if isinstance(error, Unauthenticated):
        challenge = f'JWT realm="pantahub services", ph-aeps="{auth_endpoint}"'
        return {"WWW-Authenticate": challenge}
    return {"Retry-After": str(error.retry_after_s)} if isinstance(error, Busy) else {}
