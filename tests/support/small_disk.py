"""A small ext4 file system of its own, to be filled to the last block.

with small_disk(tmp_path / "disk.img", tmp_path / "device/storage", 24 << 20) as disk:
    disk.fill()          # not one block is left
    disk.empty()         # all of that is free again
"""

import contextlib
import errno
import os
import subprocess

BLOCK = 4096


class SmallDisk:
    def __init__(self, place):
        self.place = place
        self.filler = place / "lost+found" / "filler"

    @property
    def free(self):
        """Bytes that anybody may take."""
        found = os.statvfs(self.place)
        return found.f_bavail * found.f_frsize

    def fill(self, leave=0):
        """Takes all but `leave` bytes, whoever writes meanwhile."""
        with self.filler.open("ab", buffering=0) as file:
            while self.free > leave:
                try:
                    file.write(bytes(max(BLOCK, self.free - leave)))
                    os.fsync(file.fileno())
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    break

    def empty(self):
        self.filler.unlink()


@contextlib.contextmanager
def small_disk(image, place, size):
    place.mkdir(parents=True)
    with image.open("wb") as file:
        file.truncate(size)
    # No blocks kept for root (the agent is root), no journal to speak of: all is ours to fill.
    make = ["mkfs.ext4", "-q", "-m", "0", "-b", "4096", "-O", "^has_journal", image]
    subprocess.run(make, check=True)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", place], check=True)
        image.unlink()
