"""Names: of revisions, of paths in a state, and of the containers that paths belong to."""

import re

from surefoot.errors import InvalidInput
from surefoot.revision.errors import StateError, shown
from surefoot.revision.limits import LIMITS, Limits
from surefoot.revision.values import is_sha256

LOCALS = "locals/"
BSP = "bsp"

# Names of local revisions go into the boot file, onto kernel command lines and into paths.
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~@:-]*")
_REMOTE_NAME = re.compile(r"0|[1-9][0-9]{0,9}")
# Names of containers become parts of LXC's configuration, of cgroups and of URLs, where blanks,
# colons and slashes would mean something else.
_CONTAINER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_NO_SEGMENTS = frozenset(("", ".", ".."))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")

# `.pvr` and `.pv` are the agent's own directories inside a trail (device.md 9). The two endings are
# what `files/` calls its unfinished work, which is dealt with when an agent starts.
_RESERVED = re.compile(r"\A\.pvr?(?:/|\Z)|\.surefoot-(?:tmp|next)(?:/|\Z)")


def check_revision_name(name: str) -> str:
    """`0`, `7` (remote) or `locals/x`; returns the name. Raises InvalidInput.

    A local name has fewer than 64 characters (device.md 7) or is a sha256, which is what
    `pvcontrol steps install` calls a step by default (pvr.md 6.1).
    """
    known = _is_local_name(name) if is_local(name) else _REMOTE_NAME.fullmatch(name) is not None
    if not known:
        raise InvalidInput(
            f'"{shown(name)}" is no name of a revision: use a number like 7, or locals/NAME with '
            "fewer than 64 letters, digits and . _ + ~ @ : - in NAME"
        )
    return name


def _is_local_name(name: str) -> bool:
    short = name.removeprefix(LOCALS)
    is_short = len(short) < 64 or is_sha256(short)
    return is_short and bool(_LOCAL_NAME.fullmatch(short)) and not _RESERVED.search(short)


def is_local(name: str) -> bool:
    return name.startswith(LOCALS)


def number(name: str) -> int:
    """The place of a revision on its trail; a local one counts as 0 (R17)."""
    return 0 if is_local(name) else int(check_revision_name(name))


def check_path(path: str, limits: Limits = LIMITS) -> None:
    """Whether a path may be written below a trail. Raises StateError."""
    fault = _fault(path, limits)
    if fault:
        raise StateError(path, "a relative path that stays inside the revision", fault)


def _fault(path: str, limits: Limits) -> str:
    """What is wrong with a path, empty when nothing is."""
    segments = path.split("/")
    if segments[0] == "":
        return "an absolute path" if path else "an empty name"
    if not _NO_SEGMENTS.isdisjoint(segments):
        return "a segment that is empty, . or .."
    if not path.isprintable() and _CONTROL.search(path):
        return "a control character"
    if _RESERVED.search(path):
        return "a name that is reserved for the agent"
    return "" if _is_short(path, segments, limits) else "a name that is too long"


def _is_short(path: str, segments: list[str], limits: Limits) -> bool:
    if 4 * len(path) <= limits.max_segment:  # UTF-8 needs four bytes at most
        return True
    longest = max(len(segment.encode()) for segment in segments)
    return len(path.encode()) <= limits.max_name and longest <= limits.max_segment


def owner(path: str) -> str | None:
    """The part of the state that a path belongs to, whether or not it is a container.

    `app/x`, `_config/app/x` and `_sigs/app.json` are `app`'s (device.md 3); `bsp/x` is `bsp`'s;
    a file in the root, and any other directory that starts with `_`, is nobody's.
    """
    first, slash, rest = path.partition("/")
    if not slash:
        return None
    if not first.startswith("_"):
        return first
    second, slash, _ = rest.partition("/")
    if first == "_config" and slash:
        return second
    if first == "_sigs" and not slash and second.endswith(".json"):
        return second.removesuffix(".json")
    return None


def container_of_manifest(path: str) -> str | None:
    """`app` for `app/run.json`, None for every other path. Raises StateError for a bad name."""
    name, _, rest = path.partition("/")
    if rest != "run.json" or name == BSP or name.startswith("_"):
        return None
    if not _CONTAINER_NAME.fullmatch(name):
        expected = "a container name of at most 64 letters, digits and . _ + -"
        raise StateError(path, expected, f'"{shown(name)}"')
    return name
