"""Small checkouts, exports and the like for tests."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

BSP = {"initrd": "pantavisor", "linux": "kernel.img"}


def run_json(name: str, **members: Any) -> dict[str, Any]:
    return {
        "#spec": "service-manifest-run@1",
        "name": name,
        "type": "lxc",
        "config": "lxc.container.conf",
        "root-volume": "root.squashfs",
        "group": "app",
    } | members


def checkout(root: Path, *containers: str, **files: str) -> Path:
    """A whole one with these containers; `files` are further ones, `__` for `/`."""
    put(root, "bsp/run.json", json.dumps(BSP, indent=4))
    for name in BSP.values():
        put(root, f"bsp/{name}", name)
    for name in containers:
        put(root, f"{name}/run.json", json.dumps(run_json(name)))
        put(root, f"{name}/lxc.container.conf", f"lxc.uts.name = {name}\n")
        put(root, f"{name}/root.squashfs", f"root of {name}")
    for path, text in files.items():
        put(root, path.replace("__", "/"), text)
    return root


def put(root: Path, path: str, text: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def exported(place: Path, state: str, *objects: str, mode: str = "w") -> Path:
    """A tarball as `pvr export` writes it; `objects` are their bytes."""
    with tarfile.open(place, mode, format=tarfile.USTAR_FORMAT) as archive:  # type: ignore[call-overload]
        for name, body in [("json", state), *((f"objects/{sha(one)}", one) for one in objects)]:
            member = tarfile.TarInfo(name)
            member.size = len(body.encode())
            archive.addfile(member, io.BytesIO(body.encode()))
    return place
