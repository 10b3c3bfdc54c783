"""Stories: what is on the device, how its containers behave, and what its user does when."""

import json
from dataclasses import dataclass, field
from typing import Any

from surefoot.device.turn import Modes
from surefoot.update.record import Policy
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status


@dataclass(frozen=True)
class Behaviour:
    """Of one image. Times in seconds after its init started; None: never."""

    prepares: bool = True
    starts: bool = True
    ready_after_s: float | None = 1.0
    exits_after_s: float | None = None
    exit_code: int = 7


@dataclass(frozen=True)
class Ask:
    """The user gives a command at `at_s`, and again until the door answers."""

    at_s: float
    op: str
    payload: str = ""


@dataclass(frozen=True)
class Story:
    """`images` maps the sha256 of a root volume to its behaviour; others are healthy.

    `ends` lists, for each revision, the final statuses a cut may lead to; `clean` is the one
    without any cut. `hub` holds the remote steps, `hub_answers` whether anyone is there, `hub_away`
    from when to when nobody is. `hub_again` are the steps of the next owner. `hub_cancels`: the
    report at which a step is found cancelled. `is_new`: the device is not registered yet;
    `hub_forgets`: how many devices the Hub forgets before one is claimed.
    """

    name: str
    states: dict[str, str]
    asks: tuple[Ask, ...] = ()
    images: dict[str, Behaviour] = field(default_factory=dict)
    clean: dict[str, Status] = field(default_factory=dict)
    ends: dict[str, frozenset[Status]] = field(default_factory=dict)
    policy: Policy = Policy(commit_delay_s=2, goals_timeout_s=20, network_timeout_s=20)
    modes: Modes = Modes()
    hub: tuple[str, ...] = ()
    hub_again: tuple[str, ...] = ()
    hub_answers: bool = True
    hub_away: tuple[float, float] = (0.0, 0.0)
    hub_cancels: dict[str, Status] = field(default_factory=dict)
    hub_forgets: int = 0
    is_new: bool = False
    keeps_mode: bool = False  # a local revision may run in remote mode here (GO_REMOTE, UNCLAIM)
    fetch_fails: int = 0
    refused: dict[str, Cause] = field(default_factory=dict)
    broken: dict[str, Cause] = field(default_factory=dict)


def sha(letter: str) -> str:
    """A stand-in for a sha256: one letter, 64 times."""
    return letter * 64


def state(**containers: dict[str, Any]) -> str:
    """State text with a BSP and these containers; `image` and `bsp` are letters of `sha`."""
    bsp = containers.pop("bsp", {"image": "b"})
    entries: dict[str, Any] = {
        "#spec": "pantavisor-service-system@1",
        "bsp/run.json": {"linux": "kernel.img", "initrd": "pantavisor"},
        "bsp/kernel.img": sha(bsp["image"]),
        "bsp/pantavisor": sha(bsp["image"]),
    }
    for name, wanted in containers.items():
        entries.update(_container(name, dict(wanted)))
    return json.dumps(entries)


def _container(name: str, wanted: dict[str, Any]) -> dict[str, Any]:
    image = wanted.pop("image")
    run = {
        "#spec": "service-manifest-run@1",
        "name": name,
        "type": "lxc",
        "config": "lxc.container.conf",
        "root-volume": "root.squashfs",
        "storage": {"lxc-overlay": {"persistence": "boot"}},
        **wanted,
    }
    return {
        f"{name}/run.json": run,
        f"{name}/root.squashfs": sha(image),
        f"{name}/lxc.container.conf": sha("c"),
    }
