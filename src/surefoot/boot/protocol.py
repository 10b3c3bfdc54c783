"""All that the agent and whatever boots it share: variables, environment, exit codes (R8)."""

from dataclasses import dataclass
from typing import Final, Protocol

# The agent's exit codes as the boot loop reads them. Any other end is a reboot too, an unplanned
# one: the loop pauses when such ends follow each other (pauses.py). The loop's own exit code after
# a power-off is 0, as after TERM: a device that shall be off is no failure (runner.py).
EXIT_REBOOT: Final = 0
EXIT_POWEROFF: Final = 3

# Environment of the agent: the revision that it runs, and the mark by which a sweep knows every
# process that descends from it (ids.py).
REVISION_VARIABLE: Final = "pv_rev"
DEVICE_VARIABLE: Final = "SUREFOOT_DEVICE"

# The directories below RUN in which the agent mounts. A sweep looks nowhere else: RUN may be any
# directory of the machine, /run included, and the mounts beside these are somebody else's.
INSTANCES: Final = "instances"
VOLUMES: Final = "volumes"
EXPORTS: Final = "exports"
LXC: Final = ".lxc"  # not "lxc": that is what LXC itself has in /run
PROBE: Final = ".probe"
RUN_PLACES: Final = (INSTANCES, VOLUMES, EXPORTS, LXC, PROBE)


@dataclass(frozen=True)
class BootVars:
    """The variables of device.md 4. An unset variable is None; `rev` is always set.

    `try_` is `pv_try` (the word alone is Python's), `trying` the boot loader's own note that the
    try has been spent.
    """

    rev: str
    try_: str | None = None
    trying: str | None = None

    @property
    def spent(self) -> bool:
        """The armed revision has had its one boot: the next boot is of `rev`."""
        return self.try_ is not None and self.trying == self.try_


class BootLoader(Protocol):
    """How the agent speaks to its boot loader. Each change is durable when the call returns.

    A power cut inside any of them leaves variables that mean either before or after the call. Each
    raises OSError or NoRoom when the disk refuses and Corrupt when what was written does not read
    back; in all of these the old meaning holds. `arm` and `disarm` also raise what `read` raises.
    """

    name: str

    def read(self) -> BootVars:
        """The variables as the next boot will see them. Raises Corrupt when they cannot be read."""
        ...

    def arm(self, rev: str) -> None:
        """The next boot tries `rev`, once. Twice harmless; a spent try of `rev` is given back.

        Raises InvalidInput for a name that the boot loader's format cannot hold.
        """
        ...

    def disarm(self, restore: str | None = None) -> None:
        """Nothing is armed, or again `restore`, the UPDATED revision that runs (R3).

        Twice harmless.
        """
        ...

    def commit(self, rev: str) -> None:
        """`rev` is the rollback point and nothing is armed: the point of no return (R4).

        Works also when there is no readable boot file: a new storage gets its first one this way.
        """
        ...
