"""What goes on beside updates: logs stay small and are shown as they grow, garbage waits."""

import asyncio
import logging
from pathlib import Path

from surefoot.device.agent import Agent
from surefoot.device.effects import GarbageAsked
from surefoot.device.events import Kind
from surefoot.device.log_reader import Follower
from surefoot.device.log_rotation import tidy

log = logging.getLogger(__name__)
TIDY_EVERY_S = 30.0
CATCH_UP_EVERY_S = 5.0
CONSOLE_EVERY_S = 1.0


async def keep_logs_small(agent: Agent) -> None:
    parts = agent.parts
    while True:
        running = agent.device.update.running
        try:
            await asyncio.to_thread(tidy, parts.logs.root, parts.config, running)
        except OSError as error:
            log.warning("the logs cannot be kept small: %s", error)
        await asyncio.sleep(TIDY_EVERY_S)


async def catch_up(agent: Agent) -> None:
    """After a full disk: the reserve is held again, and late records are written."""
    while True:
        await asyncio.sleep(CATCH_UP_EVERY_S)
        agent.hands.catch_up()


async def show_consoles(agent: Agent) -> None:
    """Each finished console line becomes an event, about a second after it was written; lines of
    earlier lives do not come again."""
    followers = await asyncio.to_thread(_followed, agent.parts.logs.root)
    while True:
        for key, path in _consoles(agent).items():
            follower = followers.setdefault(path, Follower(path))
            for line in await asyncio.to_thread(_lines, follower):
                _show(agent, key, line)
        await asyncio.sleep(CONSOLE_EVERY_S)


def _followed(root: Path) -> dict[Path, Follower]:
    """The logs that are there already, each at its end."""
    found = {path: Follower(path) for path in root.rglob("console.log")}
    for follower in found.values():
        follower.begin()
    return found


def _lines(follower: Follower) -> list[str]:
    """None when the log cannot be read now: a log never stops the agent."""
    try:
        return follower.read()
    except OSError:
        return []


def _consoles(agent: Agent) -> dict[str, Path]:
    """Of the instances that live: name and revision lead to the file."""
    logs = agent.parts.logs
    return {
        f"{one.revision} {one.name}": logs.root / one.revision / one.name / "console.log"
        for one in agent.device.supervisor.instances
    }


def _show(agent: Agent, key: str, line: str) -> None:
    revision, _, name = key.partition(" ")
    data = {"revision": revision, "source": name, "line": line}
    agent.parts.events.publish(Kind.LOG, data)


class GarbageClock:
    """Collects once some time has passed since the last object came in (R21), if the disk is
    fuller than PV_STORAGE_GC_THRESHOLD percent; a threshold of 0 is none."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._handle: asyncio.TimerHandle | None = None

    def object_came(self) -> None:
        """From the loop's own thread."""
        if self._handle is not None:
            self._handle.cancel()
        delay = self._agent.parts.config.integer("PV_STORAGE_GC_THRESHOLD_DEFERTIME")
        self._handle = asyncio.get_running_loop().call_later(delay, self._due)

    def _due(self) -> None:
        parts = self._agent.parts
        parts.recent_objects.clear()
        threshold = parts.config.integer("PV_STORAGE_GC_THRESHOLD")
        space = parts.storage.space()
        used = 100 - space.free * 100 // max(1, space.total)
        if threshold and used > threshold:
            self._agent.post(GarbageAsked())
