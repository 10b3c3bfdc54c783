"""Container runtimes: how an instance of a container is prepared, started, watched and taken away.

A runtime decides nothing: not when a container starts, not what its end means. It never writes to a
revision's files, never reads the network, and needs no agent to be cleaned up after: each of its
processes is in a cgroup of the device or carries its mark, and its mounts are in the agent's own
mount table.

Words: an *instance* is a container of one revision, by an id of its own; its *home* is a directory
below RUN. A *life* is one run of its init: *parked* when everything is set up and init waits to be
executed, *running*, *ended*, *over*. A *claim* is what two instances must not hold at once. A
*place* is a path as a container's conf means it (`/volumes/...`), *located* on this machine.

Read `protocol.py` first, then `base.py`, `life.py`, and `lxc.py` with `monitor.py`.

Sources: device.md 10, pvr.md 3.3 and 3.4, R8, R11, R26; docs/decisions/0003 and 0004.
"""

from collections.abc import Mapping
from pathlib import Path

from surefoot.device.runtimes.base import InstanceRuntime
from surefoot.device.runtimes.lxc import LxcRuntime
from surefoot.device.runtimes.mounts import enter_private_mounts
from surefoot.device.runtimes.probe import why_not_lxc
from surefoot.device.runtimes.process import ProcessRuntime
from surefoot.device.runtimes.protocol import Bundle, Exit, Runtime
from surefoot.errors import InvalidInput, RuntimeFailed

__all__ = [
    "BACKENDS",
    "Bundle",
    "Exit",
    "Runtime",
    "choose",
    "enter_private_mounts",
]

AUTO = "auto"
BACKENDS: Mapping[str, type[InstanceRuntime]] = {
    runtime.name: runtime for runtime in (LxcRuntime, ProcessRuntime)
}


def choose(wanted: str, device_id: str, run_dir: Path, storage: Path) -> tuple[Runtime, str]:
    """The runtime, and for people why it is this one (`SUREFOOT_RUNTIME`).

    Raises InvalidInput for a name that is none, and RuntimeFailed when `lxc` is asked for by name
    on a machine that cannot do it.
    """
    if wanted not in (AUTO, *BACKENDS):
        names = ", ".join((AUTO, *BACKENDS))
        raise InvalidInput(f'"{wanted}" is no runtime: SUREFOOT_RUNTIME is one of {names}')
    if wanted == ProcessRuntime.name:
        return ProcessRuntime(device_id, run_dir, storage), "it was asked for"
    obstacle = why_not_lxc(run_dir)
    if obstacle is None:
        asked = wanted == LxcRuntime.name
        why = "it was asked for" if asked else "this machine can do all it needs"
        return LxcRuntime(device_id, run_dir, storage), why
    if wanted == LxcRuntime.name:
        raise RuntimeFailed(
            f"SUREFOOT_RUNTIME={wanted}, but this machine cannot run LXC containers: {obstacle}"
        )
    why = f"LXC cannot be used here ({obstacle}), so containers run without isolation"
    return ProcessRuntime(device_id, run_dir, storage), why
