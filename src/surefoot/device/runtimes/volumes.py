"""What an instance has below `/volumes`, and the layers of its root, mounted on this device."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from surefoot.device.runtimes import beneath, lxcconf, mounts
from surefoot.device.runtimes.lxcconf import Line, Rootfs
from surefoot.device.runtimes.places import Places
from surefoot.device.runtimes.protocol import Bundle
from surefoot.errors import RuntimeFailed
from surefoot.revision import Goal, Persistence

OVERLAY: Final = "lxc-overlay"
PATCH: Final = "root.ovl.squashfs"
VOLUMES: Final = "/volumes"
# A claim that begins so is an interface; all others are directories.
NETWORK: Final = "network"
_READ_AHEAD_MAX: Final = 32 << 20  # bytes of an image; more would push out what others need


@dataclass
class Volumes:
    """`table`: of each place that a conf may name, where it is here. `lowers`: from the top down.

    `claims` are what no two instances may hold at once.
    """

    home: Path
    table: dict[str, str] = field(default_factory=dict)
    lowers: tuple[Path, ...] = ()
    upper: Path | None = None
    # What `upper` lies in: the container may have filled it, links included.
    upper_base: Path | None = None
    # Paths that the conf names in what containers or images filled, each with its base.
    guarded: tuple[tuple[Path, Path], ...] = ()
    claims: frozenset[str] = frozenset()

    @property
    def rootfs(self) -> Path:
        return self.home / "rootfs"

    def mount_root(self) -> None:
        """Twice harmless. Raises RuntimeFailed."""
        self.check()
        if self.upper is None or os.path.ismount(self.rootfs):
            return
        work = self.upper.with_name("work")
        for directory in (self.upper, work):
            _make_layer(directory, self.upper_base)
        self.rootfs.mkdir(exist_ok=True)
        mounts.mount_overlay(self.lowers, self.upper, work, self.rootfs)

    def check(self) -> None:
        """Before each life: the one before may have made a link. Raises RuntimeFailed."""
        for path, base in self.guarded:
            beneath.check(path, base)

    def unmount_root(self) -> None:
        """Twice harmless. Raises RuntimeFailed."""
        mounts.unmount(self.rootfs)


def build(bundle: Bundle, lines: tuple[Line, ...], places: Places) -> Volumes:
    """Makes and mounts everything but the root itself. Raises RuntimeFailed."""
    return _Builder(bundle, lines, places).build()


class _Builder:
    def __init__(self, bundle: Bundle, lines: tuple[Line, ...], places: Places) -> None:
        self.bundle = bundle
        self.container = bundle.container
        self.name = bundle.container.name
        self.lines = lines
        self.places = places
        self.volumes = Volumes(places.home(bundle.id))
        self.table = self.volumes.table
        self.own = f"{VOLUMES}/{self.name}"

    def build(self) -> Volumes:
        self.table |= {
            VOLUMES: str(self.places.volumes),
            self.own: str(self.volumes.home / "volumes"),
            "/exports": str(self.places.exports),
            "/configs": str(self.bundle.trail / "_config"),
            "/storage": str(self.places.storage),
        }
        for image in self._own_images():
            self._mount(self.name, image)
        for storage in self.container.storage:
            self._store(storage.name, storage.persistence)
        for place in lxcconf.places(self.lines):
            self._find(place)
        if self.container.goal is not Goal.MOUNTED:
            self._add_root()
        self.volumes.guarded = tuple(self._guarded())
        self.volumes.check()
        return self.volumes

    def _own_images(self) -> list[str]:
        root = self.container.root_volume
        return list(dict.fromkeys((*([root] if root else []), *self.container.volumes)))

    def _mount(self, container: str, image: str) -> None:
        file = self.bundle.trail / container / image
        if not file.is_file():
            raise RuntimeFailed(f"{container}/{image} is not in revision {self.bundle.revision}")
        area = "volumes" if container == self.name else f"others/{container}"
        target = self.volumes.home / area / image
        target.mkdir(parents=True, exist_ok=True)
        read_ahead(file)
        mounts.mount_image(file, target)
        self.table[f"{VOLUMES}/{container}/{image}"] = str(target)

    def _store(self, name: str, persistence: Persistence) -> None:
        place = self.places.stored(self.bundle, name, persistence)
        if persistence is Persistence.BOOT:
            self._make_boot()
        place.mkdir(parents=True, exist_ok=True)
        self.table[f"{self.own}/{name}"] = str(place)
        # For other containers, which find this one's volumes by its directory.
        (self.volumes.home / "volumes" / name).symlink_to(place)

    def _make_boot(self) -> None:
        boot = self.volumes.home / "boot"
        boot.mkdir(exist_ok=True)
        if not os.path.ismount(boot):
            mounts.mount_tmpfs(boot)

    def _find(self, place: str) -> None:
        """Makes sure that what the conf names is there."""
        if not place.startswith(f"{VOLUMES}/"):
            return
        container, _, rest = place.removeprefix(f"{VOLUMES}/").partition("/")
        if not rest or self._is_known(place, container) or self._find_image(container, rest):
            return
        name = rest.partition("/")[0]
        if container == self.name:
            self._store(name, Persistence.BOOT)
        else:
            self._find_foreign(container, name)

    def _is_known(self, place: str, container: str) -> bool:
        known = (entry for entry in self.table if entry.startswith(f"{VOLUMES}/{container}/"))
        return any(f"{place}/".startswith(f"{entry}/") for entry in known)

    def _find_image(self, container: str, rest: str) -> bool:
        """An image in the revision, of whatever container: each instance mounts its own."""
        names = rest.split("/")
        for count in range(1, len(names) + 1):
            image = "/".join(names[:count])
            if (self.bundle.trail / container / image).is_file():
                self._mount(container, image)
                return True
        return False

    def _find_foreign(self, container: str, name: str) -> None:
        place = self.places.volumes / container / name
        if not place.exists():
            raise RuntimeFailed(
                f"{self.name} needs {VOLUMES}/{container}/{name}, but there is none: "
                f"{container} is not mounted, or has no storage of that name"
            )
        real = Path(os.path.realpath(place))
        if not any(map(real.is_relative_to, (self.places.storage / "disks", self.places.homes))):
            raise RuntimeFailed(f"{VOLUMES}/{container}/{name} leads out through a link, to {real}")
        self.table[f"{VOLUMES}/{container}/{name}"] = str(real)

    def _add_root(self) -> None:
        """The layers of the root: `_config` above all others (device.md 10)."""
        root = lxcconf.rootfs(self.lines) or self._default_root()
        config = self.bundle.trail / "_config" / self.name
        lowers = [Path(self._located(lower)) for lower in root.lowers]
        self.volumes.lowers = (*([config] if config.is_dir() else []), *lowers)
        upper = root.upper or self._default_upper()
        self.volumes.upper = Path(self._located(upper))
        self.volumes.upper_base = Path(self._split(upper)[0])
        self.volumes.claims = self._claims(self.volumes.upper)

    def _default_root(self) -> Rootfs:
        images = [image for image in (PATCH, self.container.root_volume) if image]
        known = [f"{self.own}/{image}" for image in dict.fromkeys(images)]
        lowers = tuple(place for place in known if place in self.table)
        if not lowers:
            raise RuntimeFailed(f"{self.name} has neither a root-volume nor an lxc.rootfs.path")
        return Rootfs(lowers, None)

    def _default_upper(self) -> str:
        if f"{self.own}/{OVERLAY}" not in self.table:
            self._store(OVERLAY, Persistence.BOOT)
        return f"{self.own}/{OVERLAY}/upper"

    def _claims(self, upper: Path) -> frozenset[str]:
        uppers = [upper]
        for place in lxcconf.overlay_directories(self.lines):
            base, tail = self._split(place)
            if base + tail != place:
                beneath.make_dirs(Path(base + tail), Path(base))
                uppers.append(Path(base + tail))
        lasting = [str(each) for each in uppers if self.volumes.home not in each.parents]
        network = [f"{NETWORK} of {self.name}"] if lxcconf.has_own_network(self.lines) else []
        return frozenset((*lasting, *network))

    def _guarded(self) -> Iterator[tuple[Path, Path]]:
        for place in lxcconf.places(self.lines):
            base, tail = self._split(place)
            # The links directly below RUN/volumes are our own.
            if tail and base != str(self.places.volumes):
                yield Path(base + tail), Path(base)

    def _located(self, place: str) -> str:
        return lxcconf.locate(place, self.table)

    def _split(self, place: str) -> tuple[str, str]:
        return lxcconf.split(place, self.table)


def _make_layer(directory: Path, base: Path | None) -> None:
    if base is None or not directory.is_relative_to(base):
        base = directory  # beside what containers fill
    beneath.make_dirs(directory, base)


def read_ahead(image: Path) -> None:
    """Asks the kernel to have the image in its page cache; does not wait for it."""
    descriptor = os.open(image, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(descriptor, 0, _READ_AHEAD_MAX, os.POSIX_FADV_WILLNEED)
    finally:
        os.close(descriptor)
