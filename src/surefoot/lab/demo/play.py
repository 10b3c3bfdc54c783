"""Plays one scene on a real device, and compares everything that is seen with the script."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.client.unix import connect
from surefoot.client.wait import (
    EXIT_CODES,
    Entry,
    Look,
    Waiter,
    entries_of,
    until_idle,
    until_ran,
)
from surefoot.lab.checkouts import Part, write
from surefoot.lab.demo.audience import Audience
from surefoot.lab.demo.story import (
    FACTORY,
    FIRST,
    GARBAGE,
    GROUPS,
    SETTINGS,
    Act,
    Contents,
    Garbage,
    Line,
    Scene,
    by_revision,
)
from surefoot.lab.real import RealDevice
from surefoot.wire.progress import Status

_READY = {"status_goal": "READY"}


@dataclass
class Stage:
    """A device in `place`, and who watches. `left_s`: how much time the whole still has."""

    place: Path
    audience: Audience
    left_s: Callable[[], float]
    settings: Mapping[str, str]

    def __post_init__(self) -> None:
        self.device = RealDevice(self.place / "device", {**self.settings, **SETTINGS})
        (self.place / "device").mkdir()

    def checkout(self, name: str, contents: Contents) -> Path:
        parts = {
            "base": Part(contents.base, "root"),
            "app": Part(contents.app, "app", _READY),
        }
        place = self.place / "checkouts" / name.replace("/", "-")
        write(place, self.place / "images", parts, contents.kernel)
        (place / "device.json").write_text(json.dumps(GROUPS))
        return place

    # ---- the beginning -------------------------------------------------------------------------

    def set_up(self) -> Iterator[str]:
        """Creates the device and waits for its factory revision; gives differences."""
        self.device.create(self.checkout("0", FIRST))
        self.audience.says(f"device {self.device.id} created from a checkout")
        self.device.start()
        status = self._waiter(None).wait(until_idle).status
        seen = [entry for each in self.changes() for entry in entries_of(each)]
        for entry in seen:
            self.audience.entry(entry)
        self.audience.says(self._runtime(status))
        yield from _compare_lines("0", (FACTORY,), seen)
        yield from self._compare_runs("0", "0", status)

    def _runtime(self, status: dict[str, Any]) -> str:
        """Which one runs the containers, and why it was taken: the agent says so in its log."""
        told = f"containers are run by {status['runtime']}"
        log = self.device.client.get_bytes("/logs/current/pantavisor?tail=100")
        lines = (json.loads(line)["msg"] for line in log.splitlines())
        return next((line for line in lines if line.startswith(told)), told)

    def changes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.device.client.get("/changes")
        return found

    def _waiter(self, revision: str | None) -> Waiter:
        return Waiter(self.device.client, revision, timeout_s=self.left_s(), patient=True)

    # ---- one scene -----------------------------------------------------------------------------

    def play(self, scene: Scene) -> Iterator[str]:
        """Gives what differs from the script."""
        before = self.device.pids()
        seen: list[Entry] = []

        def watch(entry: Entry) -> None:
            seen.append(entry)
            self.audience.entry(entry)

        self.device.install(self.checkout(scene.revision, scene.contents), scene.revision)
        waiter = self._waiter(scene.revision)
        _PREPARE[scene.act](self, scene)
        self.device.client.command("LOCAL_RUN", scene.revision)
        if scene.act is Act.CUT:
            waiter.wait(_until_tested, watch)
            self.cut_the_power()
        waiter.wait(until_ran(scene.revision), watch)
        status = waiter.wait(until_idle, watch).status
        yield from _compare_lines(scene.revision, scene.lines, seen)
        yield from self._compare_runs(scene.runs, scene.point, status)
        yield from self._compare_pids(scene, before)

    def cut_the_power(self) -> None:
        count = len(self.device.processes())
        self.device.power_cut()
        self.audience.says(
            f"POWER CUT: kill -9 of the boot loop and {count} processes of the device"
        )
        self.device.start()
        self.audience.says("power on")

    def damage(self, scene: Scene) -> None:
        state = self.device.storage.trail(scene.revision) / ".pvr" / "json"
        text = state.read_bytes()
        state.write_bytes(text[: len(text) // 2])
        place = state.relative_to(self.device.storage.root)
        self.audience.says(f"{place} cut off after {len(text) // 2} of {len(text)} bytes")

    # ---- what must be refused ------------------------------------------------------------------

    def offer_garbage(self) -> Iterator[str]:
        before = self._stored()
        for one in GARBAGE:
            status, text = self._put(one)
            self.audience.says(f"PUT {one.what}: {status} {text}")
            if status != one.status:
                yield f"{one.what} was answered {status}, not {one.status}"
        kept = self._stored() - before
        if kept:
            yield f"of refused garbage was kept: {', '.join(sorted(kept))}"

    def _put(self, one: Garbage) -> tuple[int, str]:
        """The answer's status and error text, read off the wire."""
        head = f"PUT {one.target} HTTP/1.0\r\nContent-Length: {len(one.body)}\r\n\r\n"
        answer = b""
        with connect(self.device.client.path, self.left_s()) as connection:
            connection.sendall(head.encode() + one.body)
            while piece := connection.recv(65536):
                answer += piece
        first, _, rest = answer.partition(b"\r\n")
        body = rest.partition(b"\r\n\r\n")[2]
        return int(first.split()[1]), body.decode()

    def _stored(self) -> set[str]:
        client = self.device.client
        steps = {str(step["name"]) for step in client.get("/steps")}
        return steps | {str(entry["sha256"]) for entry in client.get("/objects")}

    # ---- comparing -----------------------------------------------------------------------------

    def _compare_runs(self, runs: str, point: str, status: dict[str, Any]) -> Iterator[str]:
        """The record, the boot file and the processes must tell the same."""
        found = self.device.versions()
        wanted = by_revision()[runs].versions()
        shown = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
        running, rollback = status["running"], status["rollback_point"]
        self.audience.says(f"runs {running} ({shown}), rollback point {rollback}")
        if running != runs:
            yield f"{running} runs, not {runs}"
        if rollback != point:
            yield f"the rollback point is {rollback}, not {point}"
        if self.device.pv_rev() != point:
            yield f"the boot file says {self.device.pv_rev()}, not {point}"
        if found != wanted:
            yield f"what really runs is {found}, not {wanted}"

    def _compare_pids(self, scene: Scene, before: dict[str, int]) -> Iterator[str]:
        after = self.device.pids()
        for name in scene.keeps:
            if before.get(name) != after.get(name):
                yield f"init of {name} was {before.get(name)} and is {after.get(name)}"
            else:
                self.audience.says(f"{name} was not touched: its init is still {after[name]}")


def _nothing(stage: Stage, scene: Scene) -> None:
    del stage, scene


_PREPARE: dict[Act, Callable[[Stage, Scene], None]] = {
    Act.RUN: _nothing,
    Act.CUT: _nothing,
    Act.DAMAGE: Stage.damage,
}


def _until_tested(look: Look) -> bool:
    """Or at an end that came too soon: the comparison will say so."""
    status = look.progress.status if look.progress else None
    return status is Status.TESTING or status in EXIT_CODES


def _compare_lines(revision: str, script: Sequence[Line], seen: list[Entry]) -> Iterator[str]:
    found = [f"{entry.status} {entry.message}" for entry in seen]
    wanted = [f"{status} {message}" for status, message in script]
    if found != wanted:
        yield f"the record of {revision} is {found}, not {wanted}"
