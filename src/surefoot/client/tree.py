"""A directory of plain files as the text of a state (pvr.md 1.2).

`.json` files become inline JSON, all others objects; there is no ignore file, and nothing but
regular content is in a state: no modes, no owners, no empty directories.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import Corrupt, InvalidInput, NotFound
from surefoot.files.objects import contents, digest
from surefoot.revision import SPEC, Json, StateError, canonical, is_sha256, read_json

# Of the tools that work in a checkout, at its top.
SKIPPED = frozenset({".git", ".pv", ".pvr"})

_MANIFEST = "run.json"
_BSP = "bsp"
_BSP_FILES = ("linux", "initrd", "fit", "fdt", "rpiab", "modules", "firmware")
_VERITY = "dm:"


@dataclass(frozen=True)
class Tree:
    """`text`: the canonical state. `notes`: what a person may have forgotten, a sentence each."""

    text: str
    notes: tuple[str, ...]


def read_tree(root: Path) -> Tree:
    """Hashes every file. Raises InvalidInput, NotFound or Corrupt, naming the file."""
    paths = sorted(_paths(root))
    if f"{_BSP}/{_MANIFEST}" not in paths:
        raise InvalidInput(
            f"{root} is no checkout of a device: {_BSP}/{_MANIFEST} is not there; a checkout holds "
            f"it beside a directory with a {_MANIFEST} for each container"
        )
    files: dict[str, Json] = {path: _value(root, path) for path in paths}
    _require_named_files(files)
    document: dict[str, Json] = {"#spec": SPEC, **files}
    return Tree(_text(root, document), tuple(_notes(files)))


def _text(root: Path, document: Mapping[str, Json]) -> str:
    try:
        return canonical(dict(document))
    except StateError as error:
        raise InvalidInput(f"{root}: {error}") from error


# --- files --------------------------------------------------------------------------------------


def _paths(root: Path) -> Iterator[str]:
    for directory, below, names in os.walk(root, onerror=_raise):
        place = Path(directory)
        skipped = SKIPPED if place == root else frozenset[str]()
        below[:] = [name for name in below if name not in skipped]
        for name in below:
            _refuse_link(place / name)
        for name in (name for name in names if name not in skipped):
            yield _checked((place / name).relative_to(root).as_posix())


def _raise(error: OSError) -> None:
    raise NotFound(f"{error.filename} cannot be read: {error.strerror}") from error


def _refuse_link(directory: Path) -> None:
    if directory.is_symlink():
        raise InvalidInput(f"{directory} is a link to a directory; put the directory itself there")


def _checked(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"{path!r} is no UTF-8 name; rename the file") from error
    return path


def _value(root: Path, path: str) -> Json:
    """Links to files count as the files that they lead to, as in `pvr`."""
    file = (root / path).resolve()
    try:
        return _inline(path, contents(file)) if path.endswith(".json") else digest(file)
    except (NotFound, Corrupt) as error:
        raise type(error)(f"{path} in the checkout: {error}") from error


def _inline(path: str, text: bytes) -> Json:
    try:
        value = read_json(text)
    except StateError as error:
        raise InvalidInput(f"{path} is no good JSON: {error}") from error
    if isinstance(value, str) and is_sha256(value):
        raise InvalidInput(f"{path} holds a sha256 alone, which a state takes for an object's name")
    return value


# --- what manifests name ------------------------------------------------------------------------


def _require_named_files(files: Mapping[str, Json]) -> None:
    for path, value in files.items():
        container = _container(path)
        for name in _named(value) if container else ():
            if f"{container}/{name}" not in files:
                raise InvalidInput(f"{path} names {name}, but {container}/{name} is not there")


def _container(path: str) -> str:
    """`app` for `app/run.json`, empty for any other path."""
    name, _, rest = path.partition("/")
    return name if rest == _MANIFEST and name != _BSP and not name.startswith("_") else ""


def _named(manifest: Json) -> Iterator[str]:
    """What is no text here is told by the reader of the state, in its own words."""
    if not isinstance(manifest, dict):
        return
    volumes = manifest.get("volumes")
    listed = volumes if isinstance(volumes, list) else []
    for name in (manifest.get("config"), manifest.get("root-volume"), *listed):
        if isinstance(name, str) and name:
            yield name.removeprefix(_VERITY)


def _notes(files: Mapping[str, Json]) -> Iterator[str]:
    manifest = files[f"{_BSP}/{_MANIFEST}"]
    named = manifest if isinstance(manifest, dict) else {}
    for name in (named.get(member) for member in _BSP_FILES):
        if isinstance(name, str) and f"{_BSP}/{name}" not in files:
            yield f"{_BSP}/{_MANIFEST} names {name}, but {_BSP}/{name} is not there: no board boots"
    tops = sorted({path.partition("/")[0] for path in files if "/" in path})
    for top in tops:
        if top != _BSP and not top.startswith("_") and f"{top}/{_MANIFEST}" not in files:
            yield f"{top}/ has no {_MANIFEST}: it is no container, and its files are only stored"
