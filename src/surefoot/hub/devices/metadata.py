"""What may be kept as metadata, and how a change becomes the new whole.

Values stay the text that they came as (numbers too), without blanks; a key whose value is null is
as good as not there (hub-wire 3.4), so none is kept.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from surefoot.errors import InvalidInput
from surefoot.hub.frame.call import decode
from surefoot.hub.frame.problems import Malformed, TooLarge
from surefoot.hub.frame.route import KIB

USER_META_MAX = 64 * KIB  # whole; devices refuse more
DEVICE_META_MAX = 256 * KIB
# Of bodies that have metadata among other members.
USER_META_BODY_MAX = USER_META_MAX + 4 * KIB
BOTH_METAS_BODY_MAX = USER_META_MAX + DEVICE_META_MAX + 8 * KIB
DEPTH_MAX = 32
EMPTY = "{}"
NULL = b"null"
Meta = Mapping[str, msgspec.Raw]
# Metadata as a member of another body, not looked into yet.
Member = dict[str, msgspec.Raw] | None


def parse(body: bytes) -> Meta:
    """A flat JSON object, nulls in it. Raises Malformed, and InvalidInput for one too deep."""
    _require_depth(decode(body, dict[str, Any]))
    try:
        return msgspec.json.decode(
            msgspec.json.format(body, indent=-1), type=dict[str, msgspec.Raw]
        )
    except msgspec.MsgspecError as error:
        raise Malformed(f"The metadata cannot be read: {error}") from error


def replaced(given: Meta, most: int) -> str:
    """The text of `given` as the whole. Raises TooLarge beyond `most` bytes."""
    kept = {key: value for key, value in given.items() if bytes(value) != NULL}
    return _bounded(msgspec.json.encode(kept), most)


def merged(text: str, patch: Meta, most: int) -> str:
    """`text`, kept before, with the keys of `patch` set; null takes a key away. Raises TooLarge."""
    before = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return replaced({**before, **patch}, most)


def first(given: Member) -> str:
    """User-meta that something begins with, as text; without any, an empty object."""
    return member(given, EMPTY, USER_META_MAX)


def member(given: Member, before: str, most: int) -> str:
    """The text of `given`; without it, what was `before`. Raises as `parse` and `replaced` do."""
    return before if given is None else replaced(parse(msgspec.json.encode(given)), most)


def echo(given: Meta) -> bytes:
    """`given` as it came, nulls too: what the reference answers."""
    return msgspec.json.encode(given)


def _bounded(text: bytes, most: int) -> str:
    if len(text) > most:
        raise TooLarge(f"All metadata of one kind may have {most} bytes; remove some keys first")
    return text.decode()


def _require_depth(value: object) -> None:
    layer: list[object] = [value]
    for _ in range(DEPTH_MAX + 1):
        layer = [inner for outer in layer for inner in _members(outer)]
        if not layer:
            return
    raise InvalidInput(f"Metadata may be nested {DEPTH_MAX} deep")


def _members(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
