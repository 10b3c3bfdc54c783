"""Small revisions for tests of the storage."""

import hashlib
import json
import os
from pathlib import Path

from surefoot.device.storage import Storage
from surefoot.files.steps import TEMPORARY
from surefoot.revision import State, parse

KERNEL = b"kernel"
BASE = b"base" * 1000
APP = b"app" * 1000
CONF = b"lxc.uts.name = app\n"

Snapshot = dict[str, bytes]


def sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def text(app: bytes = APP, **more: object) -> str:
    """A state with two containers; `app` is the root file system of one of them."""
    run = {"#spec": "service-manifest-run@1", "type": "lxc", "config": "lxc.container.conf"}
    document = {
        "#spec": "pantavisor-service-system@1",
        "bsp/run.json": {"initrd": "pantavisor", "linux": "kernel.img"},
        "bsp/kernel.img": sha(KERNEL),
        "bsp/pantavisor": sha(KERNEL),
        "base/run.json": {**run, "name": "base", "root-volume": "root.squashfs", "group": "root"},
        "base/root.squashfs": sha(BASE),
        "base/lxc.container.conf": sha(CONF),
        "app/run.json": {**run, "name": "app", "root-volume": "root.squashfs", "group": "app"},
        "app/root.squashfs": sha(app),
        "app/lxc.container.conf": sha(CONF),
        "_config/app/etc/app.conf": sha(CONF),
        "_config/app/etc/app.json": {"rate": 1.5},
        "README": sha(CONF),
        **more,
    }
    return json.dumps(document)


def put(storage: Storage, *bodies: bytes) -> None:
    """As the socket does it: what is here and right is not replaced."""
    for body in bodies:
        if storage.objects.verify(sha(body)):
            continue
        with storage.objects.receive(sha(body)) as receiver:
            receiver.write(body)
            receiver.commit()


def stored(storage: Storage, revision: str, app: bytes = APP) -> State:
    """The revision is stored with its objects, not installed."""
    put(storage, KERNEL, BASE, CONF, app)
    storage.write_state(revision, text(app))
    return parse(text(app))


def installed(storage: Storage, revision: str, app: bytes = APP) -> State:
    state = stored(storage, revision, app)
    storage.install(revision, state)
    return state


def done(storage: Storage, revision: str, app: bytes = APP) -> State:
    state = installed(storage, revision, app)
    storage.mark_done(revision)
    return state


def snapshot(root: Path) -> Snapshot:
    """Every file but the leftovers, by its place."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    names = ((str(path.relative_to(root)), path) for path in files)
    return {name: path.read_bytes() for name, path in names if TEMPORARY not in name}


def leftovers(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.name.endswith(TEMPORARY)]


def spoil(path: Path) -> None:
    """As a sick disk would: the bytes of the file change, wherever it is linked."""
    path.write_bytes(b"spoilt")


def swap(path: Path) -> None:
    """As a person would: another file takes the name; other links are not touched."""
    path.with_name("swapped").write_bytes(b"spoilt")
    os.rename(path.with_name("swapped"), path)
