"""User metadata as the reference's devices keep it: texts (hub-wire 3.4)."""

import json
from collections.abc import Mapping
from typing import Any


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """A text as it is, anything else as its JSON; a key whose value is null counts as not set."""
    return {key: _text(value) for key, value in values.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
