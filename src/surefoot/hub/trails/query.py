"""What a query asks for: `?progress.status=` and `?filter=` (hub-wire 4.2, 4.4).

A condition is a plain value (equality) or an object of operators, all of which must hold: `$eq`,
`$ne`, `$in`, `$nin`. The first is a device's poll, so what a text means is remembered.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from surefoot.hub.frame.problems import Malformed
from surefoot.wire.hub import trails as wire
from surefoot.wire.progress import Status

Test = Callable[[Any], bool]
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda found, wanted: found == wanted,
    "$ne": lambda found, wanted: found != wanted,
    "$in": lambda found, wanted: found in wanted,
    "$nin": lambda found, wanted: found not in wanted,
}


@lru_cache(maxsize=1024)
def statuses(text: str) -> tuple[str, ...]:
    """Those of our statuses that `?progress.status=` means; a word that is none is found nowhere.
    Raises Malformed."""
    wanted = _loaded(text, "progress.status") if text.startswith("{") else text
    test = condition(_in_our_spelling(wanted))
    return tuple(str(status) for status in Status if test(status))


def _in_our_spelling(wanted: Any) -> Any:
    if isinstance(wanted, str):
        return wire.status_word(wanted)
    if isinstance(wanted, dict):
        return {name: _in_our_spelling(value) for name, value in wanted.items()}
    return [_in_our_spelling(word) for word in wanted] if isinstance(wanted, list) else wanted


def condition(wanted: Any) -> Test:
    """Raises Malformed."""
    if not isinstance(wanted, dict):
        return lambda found: bool(found == wanted)
    if not wanted:
        raise Malformed("A condition that is an object needs an operator, like $in")
    tests = [_operator(name, operand) for name, operand in wanted.items()]
    return lambda found: all(test(found) for test in tests)


def _operator(name: str, operand: Any) -> Test:
    holds = _OPERATORS.get(name)
    if holds is None:
        raise Malformed(f"There is no operator {name[:40]!r} here: use $eq, $ne, $in or $nin")
    if name in ("$in", "$nin") and not isinstance(operand, list):
        raise Malformed(f"{name} takes a list")
    return lambda found: holds(found, operand)


def filters(text: str) -> Mapping[str, Test]:
    """`?filter=`: a condition for each key. Raises Malformed."""
    wanted = _loaded(text, "filter")
    if not isinstance(wanted, dict):
        raise Malformed('filter must be a JSON object, like {"status":"DONE"}')
    return {key: condition(value) for key, value in wanted.items()}


def _loaded(text: str, key: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{key} is no JSON ({error})") from error
