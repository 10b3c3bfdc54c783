"""Canonical JSON: the one text of a value, as `pvr` commits, posts and signs it.

Source: pvr.md 1.3, checked against the real tool's output in `tests/data/revision/`.
"""

import re
from decimal import Decimal
from json.encoder import encode_basestring

from surefoot.revision.errors import StateError, describe
from surefoot.revision.limits import LIMITS
from surefoot.revision.values import EXACT, Json, is_integer

_WORDS = {None: "null", True: "true", False: "false"}
_ESCAPE = re.compile(r"\\u00[0-9a-f]{2}|\\.")


def canonical(value: Json) -> str:
    """The canonical text, without blanks and without a final newline.

    `value` as `read_json` returns it. Raises StateError for numbers that are not finite or would
    fill the memory; values nested deeper than `read_json` allows are the caller's fault.
    """
    text = _write(value)
    return _ESCAPE.sub(_upper_case, text) if "\\u00" in text else text


def _upper_case(escape: re.Match[str]) -> str:
    """Python writes control characters as `\\u001f`, the canonical form is `\\u001F`."""
    return escape[0][:2] + escape[0][2:].upper()


def _write(value: Json) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        members = sorted(value.items())
        return f"{{{','.join([f'{encode_basestring(name)}:{_write(v)}' for name, v in members])}}}"
    if isinstance(value, list):
        return f"[{','.join([_write(item) for item in value])}]"
    return _scalar(value)


def _scalar(value: int | Decimal | None) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    raise TypeError(f"{value!r} is no exact number: read JSON with read_json")


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > LIMITS.max_digits:
        raise StateError("", f"a number of at most {LIMITS.max_digits} digits", describe(value))
    exact = value.normalize(EXACT)
    if is_integer(exact):
        return str(int(exact))
    sign, digits, _ = exact.as_tuple()
    first, *rest = map(str, digits)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{exact.adjusted()}"
