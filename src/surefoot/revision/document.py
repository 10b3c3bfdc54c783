"""The state JSON of one revision: read, checked and taken apart.

Source: device.md 5, pvr.md 1.2. What makes a text a bad state is decided here and in the readers
below it, and nowhere else; the same function serves the device, the Hub and the command line.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeGuard

from surefoot.revision.canonical import canonical
from surefoot.revision.containers import Container, read_containers
from surefoot.revision.errors import StateError, alternatives, describe, shown
from surefoot.revision.fields import Field
from surefoot.revision.groups import Group, read_groups
from surefoot.revision.json_text import as_text, read_text
from surefoot.revision.limits import LIMITS, Limits
from surefoot.revision.names import check_path
from surefoot.revision.values import Json, is_sha256

SPEC = "pantavisor-service-system@1"
BSP_MANIFEST = "bsp/run.json"


@dataclass(frozen=True)
class State:
    """Equal texts make equal states; everything else follows from the text.

    `text`: byte for byte as received (signatures cover it, pvr.md 4.3).
    `objects`: of each path that is an object its sha256.
    `inline`, `inline_text`: of each other path its value and its canonical text.
    `contents`: of every path a text that is equal for equal files, whatever their kind.
    `groups`, `containers`: in start order; containers by group, then by name.
    """

    text: str = field(repr=False)
    objects: Mapping[str, str] = field(compare=False, repr=False)
    inline: Mapping[str, Json] = field(compare=False, repr=False)
    inline_text: Mapping[str, str] = field(compare=False, repr=False)
    contents: Mapping[str, str] = field(compare=False, repr=False)
    groups: tuple[Group, ...] = field(compare=False)
    containers: tuple[Container, ...] = field(compare=False)

    def container(self, name: str) -> Container | None:
        return next((one for one in self.containers if one.name == name), None)


def parse(text: bytes | str, limits: Limits = LIMITS) -> State:
    """The state that a text describes. Raises StateError for the first fault found."""
    text = as_text(text, limits)
    document = read_text(text, limits)
    files = _files(document, limits)
    objects = {path: value for path, value in files.items() if _is_object(value, path)}
    inline = {path: value for path, value in files.items() if path not in objects}
    inline_text = {path: canonical(value) for path, value in inline.items()}
    contents = {path: f"sha256:{sha}" for path, sha in objects.items()} | inline_text
    _check_bsp(Field(BSP_MANIFEST, files.get(BSP_MANIFEST)))
    groups = read_groups(files)
    containers = read_containers(files, contents, groups)
    return State(text, objects, inline, inline_text, contents, groups.in_order, containers)


def _files(document: Json, limits: Limits) -> dict[str, Json]:
    """The paths of the document with their values; `#spec` is a label, not a file."""
    if not isinstance(document, dict):
        raise StateError("", "a JSON object", describe(document))
    if len(document) > limits.max_keys:
        raise StateError("", f"at most {limits.max_keys} files", str(len(document)))
    Field("#spec", document.get("#spec")).one_of([SPEC])
    files = {path: value for path, value in document.items() if path != "#spec"}
    for path in files:
        check_path(path, limits)
    _refuse_files_with_children(files)
    return files


def _refuse_files_with_children(paths: Iterable[str]) -> None:
    # NUL cannot be in a checked path and sorts before all else, so children follow their parent.
    ordered = sorted(path.replace("/", "\0") for path in paths)
    for parent, child in pairwise(ordered):
        if child.startswith(parent + "\0"):
            path = child.replace("\0", "/")
            raise StateError(path, "directories above it", f"{shown(parent)} is a file")


def _is_object(value: Json, path: str) -> TypeGuard[str]:
    """An object is a sha256; anything else must be inline JSON under a name for it."""
    if isinstance(value, str) and is_sha256(value):
        return True
    if not path.endswith(".json"):
        raise StateError(path, "a sha256 (64 lower-case hex digits)", describe(value))
    return False


def _check_bsp(manifest: Field) -> None:
    """A kernel to boot must be named, in one of the three ways (device.md 5)."""
    ways = (("fit",), ("rpiab",), ("linux", "initrd"))
    named = [name for way in ways for name in way if manifest.member(name).present]
    for name in named:
        manifest.member(name).file()
    if not any(set(way) <= set(named) for way in ways):
        found = f"only {alternatives(named)}" if named else "none of them"
        raise StateError(manifest.key, '"linux" and "initrd", or "fit", or "rpiab"', found)
