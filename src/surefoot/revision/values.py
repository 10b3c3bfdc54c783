"""What a JSON value is in here."""

import re
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | bool | None"
"""A JSON value with exact numbers: int when the value is an integer, else Decimal. Never float."""

EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Never rounds; it only ever works on numbers that are bounded already."""

_SHA256 = re.compile("[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """64 lower-case hexadecimal digits: in a state this is an object, also under `*.json`."""
    return _SHA256.fullmatch(text) is not None


def is_integer(normalized: Decimal) -> bool:
    """Whether a finite Decimal without trailing zeros has no fractional part."""
    exponent = normalized.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0
