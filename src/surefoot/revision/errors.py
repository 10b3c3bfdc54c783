"""What is wrong with a state JSON, said so that a person can repair it."""

from json import dumps

from surefoot.errors import InvalidInput
from surefoot.revision.values import Json, is_sha256

_MOST_SHOWN = 160


class StateError(InvalidInput):
    """`key`: the path, then `: field` inside that file; empty for the text as a whole.
    `expected`: what must be there. `found`: what is there instead."""

    def __init__(self, key: str, expected: str, found: str) -> None:
        place = shown(key) if key else "the JSON text"
        super().__init__(f"{place}: expected {expected}, found {found}")
        self.key = key
        self.expected = expected
        self.found = found


def shown(text: str) -> str:
    """Text from strangers, safe on a terminal: control characters escaped, length bounded."""
    cut = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else dumps(c)[1:-1] for c in cut)


def describe(value: Json) -> str:
    """A found value in words."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return "the sha256 of an object" if is_sha256(value) else f'"{shown(value)}"'
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return f"the number {shown(str(value))}"


def alternatives(words: list[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [f'"{shown(word)}"' for word in words]
    return " or ".join([*([", ".join(quoted[:-1])] if quoted[:-1] else []), *quoted[-1:]])
