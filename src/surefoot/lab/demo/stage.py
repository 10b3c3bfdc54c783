"""What stands on the stage: a device, its Hub, the line between them, and the owner's desk."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from surefoot.client.checkout import open_source
from surefoot.client.desk.steps import View
from surefoot.errors import TimedOut
from surefoot.lab.checkouts import Part, write
from surefoot.lab.demo import compare
from surefoot.lab.demo.audience import Audience, Side
from surefoot.lab.demo.desk import Desk, Running
from surefoot.lab.demo.story import GROUPS, SETTINGS, Contents, Step
from surefoot.lab.demo.watch import Watch
from surefoot.lab.line import Line
from surefoot.lab.real import LOOK_S, RealDevice
from surefoot.lab.real_hub import Owner, RealHub

T = TypeVar("T")
_READY = {"status_goal": "READY"}
CERTS = "certs"
LOOPBACK = "127.0.0.1"


class Stage:
    """All in the directory `place`. `left_s`: how much time the whole still has. `environ`: of the
    person who calls; `settings`: further ones of the agent.

    The owner sits near the Hub; the device is at the far end of the line.
    """

    def __init__(
        self,
        place: Path,
        audience: Audience,
        left_s: Callable[[], float],
        environ: Mapping[str, str],
        settings: Mapping[str, str],
    ) -> None:
        self.place, self.audience, self.left_s = place, audience, left_s
        self.line = Line()
        self.hub = RealHub(place, f"https://{LOOPBACK}:{self.line.port}")
        self.line.target = self.hub.port
        self.desk = Desk(place, environ, audience)
        self.owner = Owner(self.desk.config)
        self.device = RealDevice(place / "device", {**settings, **SETTINGS, **self._remote()})
        self.nick = ""  # of the device, at the Hub
        (place / "device").mkdir()
        (place / CERTS).mkdir()

    def _remote(self) -> dict[str, str]:
        return {
            "PH_CREDS_HOST": LOOPBACK,
            "PH_CREDS_PORT": str(self.line.port),
            "PV_LIBTHTTP_CERTSDIR": str(self.place / CERTS),
        }

    def says(self, side: Side, text: str) -> None:
        self.audience.says(side, text)

    # ---- the desk ------------------------------------------------------------------------------

    def checkout(self, name: str, contents: Contents) -> Path:
        """Below `checkouts`; its path is one for the desk's commands."""
        parts = {
            "base": Part(contents.base, "root"),
            "app": Part(contents.app, "app", _READY),
        }
        place = self.place / "checkouts" / name
        write(place, self.place / "images", parts, contents.kernel)
        (place / "device.json").write_text(json.dumps(GROUPS))
        return place

    def post(self, step: Step, *, waits: bool) -> Running:
        checkout = self.checkout(step.name, step.contents).relative_to(self.place)
        words = ("post", str(checkout), self.nick, *(("--wait",) if waits else ()))
        return self.desk.begin(*words)

    def run(self, *words: str, said: str = "") -> Iterator[str]:
        """A command that must succeed. Gives differences."""
        running = self.desk.begin(*words, said=said)
        yield from compare.exit_code(running, running.wait(self.left_s()), 0)

    def views(self, *steps: Step) -> list[View]:
        """What the Hub holds of them."""
        return self.owner.views(self.nick, [int(step.revision) for step in steps])

    # ---- the device ----------------------------------------------------------------------------

    def until(self, holds: Callable[[], T], what: str) -> T:
        """Waits for a true answer. Raises TimedOut."""
        deadline = time.monotonic() + self.left_s()
        while not (answer := holds()):
            if time.monotonic() > deadline:
                raise TimedOut(f"waited in vain for {what}")
            time.sleep(LOOK_S)
        return answer

    def watch(self) -> Watch:
        return Watch(self.device.client, self.audience, self.left_s)

    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.device.client.get("/changes")
        return found

    def reached(self, step: Step) -> int:
        """How far the step has come, as the disk has it: per cent by its status (device.md 1), -1
        for one that is not here."""
        progress = self.device.progress(step.revision)
        return progress.progress if progress else -1

    def lacking(self, step: Step) -> int:
        """Bytes of the step's objects that the device does not have; its checkout is made."""
        sizes = open_source(self.place / "checkouts" / step.name).sizes
        there = {str(one["sha256"]) for one in self.device.client.get("/objects")}
        return sum(size for sha, size in sizes.items() if sha not in there)

    def power_off(self) -> int:
        self.says(Side.DEVICE, "power off")
        return self.device.stop()

    def power_on(self) -> None:
        self.says(Side.DEVICE, "power on")
        self.device.start()

    def cut_the_power(self) -> None:
        count = len(self.device.processes())
        self.device.power_cut()
        text = f"POWER CUT: kill -9 of the boot loop and {count} processes of the device"
        self.says(Side.DEVICE, text)
