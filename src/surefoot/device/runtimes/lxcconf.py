"""A container's `lxc.container.conf`: read as LXC reads it, rewritten for this device. Pure.

`/volumes`, `/exports`, `/configs` and `/storage` in it mean this device's own places (device.md
10); what the device decides itself is left out, each with a note; all else is passed on as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from surefoot.device.runtimes.limits import V1, V2, Layout, Limit, fit

DEFAULT_INIT: Final = ("/sbin/init",)

_ROOTFS: Final = "lxc.rootfs.path"
_ENTRY: Final = "lxc.mount.entry"
_OVERLAYS: Final = ("overlayfs:", "overlay:")
# A place at the start of a value, or after a blank or a separator of options and of lists.
_PLACE: Final = re.compile(
    r"(?<![^\s:=,])/(?:volumes|exports|configs|storage)(?:/[^\s:,]*|(?![^\s:,]))"
)
_WITH_PLACES: Final = ("lxc.mount.fstab", "lxc.hook.")
_OPTIONAL_SOURCES: Final = ("/etc/resolv.conf",)
_LAYERS: Final = re.compile(r"(?:upper|work)dir=([^\s,]+)")
_WORDS: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^\s"']\S*))""")
_OURS: Final = (
    "lxc.include",
    "lxc.log.",
    "lxc.cgroup.dir",
    "lxc.cgroup.relative",
    "lxc.console.logfile",
    "lxc.console.rotate",
    "lxc.console.size",
    "lxc.ephemeral",
    "lxc.monitor.",
    # LXC up to 7.0 knows no such key, and refuses the whole file for it.
    "lxc.tty.min",
)


@dataclass(frozen=True)
class Line:
    """`text` as it stands in the file; `key` is empty for comments and for what LXC skips."""

    text: str
    key: str = ""
    value: str = ""


@dataclass(frozen=True)
class Rootfs:
    """`lowers` from the top down; `upper` is the writable layer, if the conf names one."""

    lowers: tuple[str, ...]
    upper: str | None


@dataclass(frozen=True)
class Rewritten:
    """`lines` without a rootfs; `notes`: for people, what was left out or changed, and why."""

    lines: tuple[str, ...]
    notes: tuple[str, ...]


def parse(text: str) -> tuple[Line, ...]:
    return tuple(_line(part) for part in re.split(r"[\r\n]+", text))


def _line(text: str) -> Line:
    key, equals, value = text.strip().partition("=")
    if not equals or not key.startswith("lxc."):
        return Line(text)
    return Line(text, key.rstrip(), _unquoted(value.strip()))


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]:
        return value[1:-1]
    return value


def values(lines: Sequence[Line], key: str) -> tuple[str, ...]:
    """All values of a key that makes a list; an empty value takes back those before it."""
    found: list[str] = []
    for line in lines:
        if line.key == key:
            found = [*found, line.value] if line.value else []
    return tuple(found)


def value(lines: Sequence[Line], key: str) -> str | None:
    """The last value of a key, None when there is none or it is empty."""
    return (values(lines, key) or (None,))[-1]


def words(text: str) -> tuple[str, ...]:
    """Splits a command: `/entry.sh "run""two words"` is three words.

    So did LXC's makers and `pvr` mean it; LXC splits so since 6.0, and 5.0 at each blank, whatever
    the quotes. There is no escaping (pvr.md 3.3).
    """
    return tuple(next(filter(None, match), "") for match in _WORDS.findall(text))


def init_command(lines: Sequence[Line]) -> tuple[str, ...]:
    return words(value(lines, "lxc.init.cmd") or "") or DEFAULT_INIT


def environment(lines: Sequence[Line]) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in values(lines, "lxc.environment"))
    return {name: content for name, equals, content in pairs if equals}


def rootfs(lines: Sequence[Line]) -> Rootfs | None:
    """What `lxc.rootfs.path` names, in the device's own words; None when there is no such line."""
    path = value(lines, _ROOTFS)
    if path is None:
        return None
    for prefix in _OVERLAYS:
        if path.startswith(prefix):
            *lowers, upper = path.removeprefix(prefix).split(":")
            return Rootfs(tuple(lowers), upper)
    return Rootfs((path.removeprefix("dir:"),), None)


def has_own_network(lines: Sequence[Line]) -> bool:
    """Whether it holds an interface, which two instances could not hold at once."""
    kinds = (line.value for line in lines if re.fullmatch(r"lxc\.net\.\d+\.type", line.key))
    return any(kind not in ("", "none", "empty") for kind in kinds)


def may_name_host(lines: Sequence[Line]) -> bool:
    """Whether a host name may be given: not one's own when the container shares the host's."""
    shared = (value(lines, "lxc.namespace.keep") or "").split()
    named = ("lxc.uts.name", "lxc.namespace.share.uts")
    return "uts" not in shared and all(value(lines, key) is None for key in named)


def overlay_directories(lines: Sequence[Line]) -> tuple[str, ...]:
    """Writable layers of overlays that the container mounts itself (pvr.md 3.3, `ovl:`)."""
    entries = values(lines, _ENTRY)
    return tuple(found for entry in entries for found in _LAYERS.findall(entry))


def places(lines: Sequence[Line]) -> tuple[str, ...]:
    """All places of the device that the conf names, once each: "/volumes/app/docker--data"."""
    found = [match for line in lines for part in _parts(line) for match in _PLACE.findall(part)]
    return tuple(dict.fromkeys(found))


def _parts(line: Line) -> tuple[str, ...]:
    """The parts of a line that may name places of the device."""
    if line.key == _ENTRY:
        fields = line.value.split()
        return (*fields[:1], *fields[3:4])
    return (line.value,) if line.key.startswith((_ROOTFS, *_WITH_PLACES)) else ()


def locate(place: str, table: Mapping[str, str]) -> str:
    """A place by the longest entry of `table` that leads to it; itself when there is none."""
    base, tail = split(place, table)
    return base + tail


def split(place: str, table: Mapping[str, str]) -> tuple[str, str]:
    """Where that entry lies, and what follows it ("/upper"): what others may have filled."""
    head, tail = place, ""
    while head:
        if head in table:
            return table[head], tail
        head, _, last = head.rpartition("/")
        tail = f"/{last}{tail}"
    return place, ""


def rewrite(lines: Sequence[Line], table: Mapping[str, str], layout: Layout) -> Rewritten:
    """Everything but the rootfs. `table`: of each place, where it is on this machine."""
    kept: list[str] = []
    notes: list[str] = []
    for line in lines:
        if line.key.startswith(_OURS):
            notes.append(f"{line.key} was left out: that is the device's to say")
        elif line.key.startswith((V1, V2)):
            _limit(line, layout, kept, notes)
        elif line.key != _ROOTFS:
            kept.append(_with_places(line, table))
    return Rewritten(tuple(kept), tuple(notes))


def _limit(line: Line, layout: Layout, kept: list[str], notes: list[str]) -> None:
    limit = Limit(line.key, line.value)
    fitted = fit(limit, layout)
    if fitted is None:
        notes.append(f"{line.key} was left out: the cgroups of this machine have no such limit")
    elif fitted == limit:
        kept.append(line.text)
    else:
        kept.append(f"{fitted.key} = {fitted.value}")


def _with_places(line: Line, table: Mapping[str, str]) -> str:
    if line.key == _ENTRY and line.value:
        return f"{_ENTRY} = {' '.join(_entry(line.value.split(), table))}"
    if not places((line,)):
        return line.text
    return f"{line.key} = {_located(line.value, table)}"


def _entry(fields: list[str], table: Mapping[str, str]) -> Iterator[str]:
    """The fields of fstab(5), in which blanks are written in octal."""
    for number, field in enumerate(fields):
        if number not in (0, 3):
            yield field
            continue
        located = _located(field, table).replace(" ", "\\040")
        is_optional = number == 3 and fields[0] in _OPTIONAL_SOURCES
        yield f"{located},optional" if is_optional else located


def _located(text: str, table: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda match: locate(match[0], table), text)
