"""Texts of others: made fit for a terminal, for a nick or a log line may hold anything; and read as
moments."""

import re
from datetime import UTC, datetime

_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])")


def printable(text: object) -> str:
    """On one line, without terminal sequences; other signs that do not show become U+FFFD, blanks
    of any kind a space."""
    plain = _SEQUENCE.sub("", text if isinstance(text, str) else str(text))
    return "".join(map(_sign, plain))


def _sign(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() else "\ufffd"


def moment(text: object) -> datetime | None:
    """A time as a Hub or a person writes it, in UTC where it names no zone. None for what is
    none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else datetime.combine(found.date(), found.time(), UTC)
