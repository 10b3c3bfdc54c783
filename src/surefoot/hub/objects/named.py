"""Which objects a state names, and how. Pure."""

import msgspec

from surefoot.revision.json_text import without_lone_surrogates
from surefoot.revision.values import is_sha256

LONGEST = 2 + 6 * 64


def named(state: str) -> dict[str, str]:
    """The shas of a state that was checked, by name: pvr takes each sha256 for an object, also
    under a name that ends with `.json`. All else is passed over unread: a state may be long, and is
    asked for one object at a time."""
    text = without_lone_surrogates(state)
    members = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    texts = {name: _text(value) for name, value in members.items() if name != "#spec"}
    return {name: text for name, text in texts.items() if is_sha256(text)}


def _text(value: msgspec.Raw) -> str:
    """ "" for what is too long for a sha256, though each of its letters were escaped."""
    raw = bytes(value)
    if not raw.startswith(b'"') or len(raw) > LONGEST:
        return ""
    return str(msgspec.json.decode(raw))
