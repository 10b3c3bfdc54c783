"""The protocol behind which a container runtime stands. One conformance suite holds all of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from surefoot.revision import Container


@dataclass(frozen=True)
class Bundle:
    """One instance of a container: the container of one revision, with its places on this device.

    `id`: unique in this boot, `[a-z0-9._-]`, for instance "app.3". `trail`: the directory with the
    revision's files as the state names them. `console`: the file to which init's output is
    appended. `socket`: the control socket, to be found inside as `/pantavisor/pv-ctrl`.
    """

    id: str
    container: Container
    revision: str
    trail: Path
    console: Path
    socket: Path


@dataclass(frozen=True)
class Exit:
    """How an init ended: its exit code, or the number of the signal that ended it.

    A container that powers itself off ended with code 0; one that reboots itself, by SIGHUP (that
    is what the kernel makes of reboot(2) in a PID namespace; nothing else can send either signal to
    an init that does not handle it). The runtime never starts it again by itself.
    """

    code: int | None
    signal: int | None


class Runtime(Protocol):
    """All methods raise RuntimeFailed with the cause, also for an instance they do not know.

    Order for one instance: prepare, start, wait or stop, release. After its init ended it may be
    started again (with or without another prepare) until it is released. Instances of one container
    may overlap: the next is prepared while the last one runs.

    A container whose goal is MOUNTED has no process: prepare mounts its volumes, so that others can
    bind them; start returns 0, and wait lasts until stop or release.
    """

    name: str

    async def prepare(self, bundle: Bundle, /) -> None:
        """Does all that can be done while the container's last instance still runs.

        Mounts, configuration, page cache, and an init that needs but a word to be started. What two
        instances cannot hold at once (a writable layer that persists, a network interface) is left
        to start. Twice harmless. Call it in start order: a container may name the volumes of those
        before it. Nothing is kept when it fails.
        """
        ...

    async def start(self, instance_id: str, /) -> int:
        """Returns init's PID once init has been executed; fails when it does not exist."""
        ...

    async def wait(self, instance_id: str, /) -> Exit:
        """Ends when the init that was started last is gone, and all processes with it."""
        ...

    async def stop(self, instance_id: str, grace_s: float, /) -> None:
        """Asks init to end, by its own stop signal, and ends it by force after `grace_s`.

        An init that handles none of the signals is not waited for. Returns when all processes of
        the instance are gone. Not started, or gone already: harmless.
        """
        ...

    async def release(self, instance_id: str, /) -> None:
        """Gives back all that prepare took; what still runs is ended by force. Twice harmless."""
        ...

    def owner(self, pid: int, /) -> str | None:
        """The instance that a process is in; None for a process of the host. Any thread may ask."""
        ...

    async def close(self) -> None:
        """Ends and releases all instances."""
        ...
