"""Where a runtime keeps the things of its instances.

RUN/instances/<id>/                 one instance: all of it goes when it is released
RUN/instances/<id>/volumes/<name>   its images, mounted read-only; its storage, as links
RUN/instances/<id>/others/<c>/<n>   images of other containers that its conf names
RUN/instances/<id>/boot/<name>      storage that lasts as long as the instance: a tmpfs
RUN/volumes/<c>                     leads to the volumes of the container's newest instance
RUN/exports                         what containers show each other
RUN/.lxc                            empty: what LXC takes for its containers' directory
RUN/.probe                          for a moment: what probe.py tries to mount
STORAGE/disks/perm/<c>/<name>       storage that lasts
STORAGE/disks/rev/<rev>/<c>/<name>  storage of one revision, `/` in its name written `%2F`
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from surefoot.boot import protocol
from surefoot.device.runtimes import mounts
from surefoot.device.runtimes.protocol import Bundle
from surefoot.revision import Persistence


@dataclass(frozen=True)
class Places:
    """`run` lasts until the next boot, `storage` for good."""

    run: Path
    storage: Path

    @property
    def volumes(self) -> Path:
        return self.run / protocol.VOLUMES

    @property
    def exports(self) -> Path:
        return self.run / protocol.EXPORTS

    @property
    def lxc(self) -> Path:
        """What LXC takes for the directory of its containers; nothing is kept there."""
        return self.run / protocol.LXC

    @property
    def homes(self) -> Path:
        return self.run / protocol.INSTANCES

    def home(self, instance_id: str) -> Path:
        return self.homes / instance_id

    def stored(self, bundle: Bundle, name: str, persistence: Persistence) -> Path:
        """Where a container's storage of this name lies."""
        disks, container = self.storage / "disks", bundle.container.name
        if persistence is Persistence.PERMANENT:
            return disks / "perm" / container / name
        if persistence is Persistence.REVISION:
            return disks / "rev" / quote(bundle.revision, safe="") / container / name
        return self.home(bundle.id) / "boot" / name

    def make(self, instance_id: str) -> Path:
        """An empty home: what an agent that was killed left there is gone. Raises RuntimeFailed."""
        self.remove(instance_id)
        for directory in (self.home(instance_id) / "volumes", self.volumes, self.exports):
            directory.mkdir(parents=True, exist_ok=True)
        return self.home(instance_id)

    def remove(self, instance_id: str) -> None:
        """Twice harmless. Raises RuntimeFailed, and deletes nothing, when a mount in it stays."""
        _remove(self.home(instance_id))

    def remove_all(self) -> None:
        """The directories of all instances, when there is none. Raises RuntimeFailed."""
        _remove(self.homes)
        for directory in (self.volumes, self.exports, self.lxc):
            mounts.unmount_below(directory)
            shutil.rmtree(directory, ignore_errors=True)

    def point(self, container: str, instance_id: str | None) -> None:
        """Lets RUN/volumes/<c> lead to an instance; None when the container has none any more."""
        link = self.volumes / container
        link.unlink(missing_ok=True)
        if instance_id is not None:
            link.symlink_to(self.home(instance_id) / "volumes")


def _remove(directory: Path) -> None:
    mounts.unmount_below(directory)
    if directory.exists():
        shutil.rmtree(directory)
