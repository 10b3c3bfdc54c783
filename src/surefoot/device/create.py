"""A new device: a storage whose factory revision `0` comes from a checkout.

All of it is made in a staging directory inside the storage and moved into place at the end,
`trails` last: before that nobody takes the directory for a device (`device run` asks for `trails`),
and a cut leaves the staging directory, by which `create` knows that it may clear up and begin
again.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from surefoot.boot import BACKENDS
from surefoot.client.checkout import OpenObject, Source
from surefoot.device.layout import FACTORY, Layout
from surefoot.device.storage import Storage
from surefoot.errors import Conflict, NoRoom, SurefootError
from surefoot.files import durable
from surefoot.files.lock import Lock
from surefoot.files.objects import ObjectStore

STAGING = f"create{durable.TEMPORARY}"

_LOCK = "lock"
_CHUNK_BYTES = 1 << 20
# A fresh file system of its own has it.
_NOT_OURS = frozenset({"lost+found"})
_LAST = "trails"
# What a device has at the top of its storage, and so all that `create` ever moves there.
_MADE = frozenset(place.parts[0] for place in Layout(Path()).directories())

Watch = Callable[[str, int], None]
"""Called with the name of each object and its size in bytes, before it is copied."""


def create(storage: Path, source: Source, watch: Watch = lambda _sha, _size: None) -> str:
    """The storage holds a device that boots revision 0 with `source`'s state; gives its id.

    Raises Conflict when the directory holds anything else already, Busy when another `create` is at
    work in it, NotFound for an object that the source lacks, Corrupt, NoRoom; the directory is then
    as empty as before. What a power cut left of an earlier `create` is removed first.
    """
    source.require(source.missing({}), "")
    _require_usable(storage)
    staging = storage / STAGING
    durable.make_dirs(staging)
    with Lock(staging / _LOCK):
        _require_usable(storage)  # another `create` may have ended in between
        _clear(storage)
        try:
            made = Storage(staging / "device")
            identity = _fill(made, source, watch)
            _move(made.root, storage)
        except (SurefootError, OSError):
            _clear(storage)
            durable.remove_tree(staging)
            raise
    with suppress(NoRoom):  # the device is whole; its first start removes what is left here
        durable.remove_tree(staging)
    return identity


def _require_usable(storage: Path) -> None:
    if storage.exists() and not storage.is_dir():
        raise Conflict(f"{storage} is not a directory; name one that is empty or not there yet")
    found = {place.name for place in storage.iterdir()} - _NOT_OURS if storage.is_dir() else set()
    if _LAST in found:
        raise Conflict(f"{storage} holds a device already; start it with `surefoot device run`")
    strange = found - _MADE - {STAGING} if STAGING in found else found
    if strange:
        raise Conflict(
            f"{storage} is not empty ({', '.join(sorted(strange)[:3])}); "
            "name a directory that is empty or not there yet"
        )


def _clear(storage: Path) -> None:
    """Nothing of an unfinished device is left but the staging directory and the lock in it.

    What somebody has put beside them stays: only what `create` itself makes is removed.
    """
    for place in sorted(storage.iterdir()):
        if place.name in _MADE:
            durable.remove_tree(place)
    for place in sorted((storage / STAGING).iterdir()):
        if place.name != _LOCK:
            durable.remove_tree(place)


def _fill(made: Storage, source: Source, watch: Watch) -> str:
    durable.make_dirs(made.root)
    made.make_layout()
    for each in source.objects(source.missing({})):
        watch(each.sha, each.size)
        _keep(made.objects, each)
    made.write_state(FACTORY, source.text)
    made.install(FACTORY, source.state)
    BACKENDS["loop"](made.root).commit(FACTORY)
    return made.device_id()


def _keep(objects: ObjectStore, each: OpenObject) -> None:
    with objects.receive(each.sha) as receiver:
        left = each.size
        while left and (chunk := each.stream.read(min(_CHUNK_BYTES, left))):
            receiver.write(chunk)
            left -= len(chunk)
        receiver.commit()


def _move(made: Path, storage: Path) -> None:
    names = sorted(place.name for place in made.iterdir())
    for name in sorted(names, key=lambda name: (name == _LAST, name)):
        durable.rename(made / name, storage / name)
