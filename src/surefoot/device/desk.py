"""The agent as the control socket sees it: implements `server.desk.Desk`.

Reads look at the agent's present value; whatever changes something goes to the loop as an event
and waits for its answer, or takes the storage lock. Called from the server's threads.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from surefoot import __version__
from surefoot.device import effects as dev
from surefoot.device import facts, view
from surefoot.device.agent import Agent
from surefoot.device.events import Event, Json, Lost
from surefoot.device.guard import GuardedObjects, require_reserve
from surefoot.device.log_reader import Follower, tail
from surefoot.device.metadata import AgentFacts, DeviceMeta, MetaStore
from surefoot.device.server.desk import Action, Caller, Op, Reply
from surefoot.device.server.views import ConfigView, ContainerView, DaemonView, GroupView, StepView
from surefoot.device.status import status
from surefoot.device.upkeep import GarbageClock
from surefoot.errors import Conflict, InvalidInput, NotFound
from surefoot.files import durable
from surefoot.revision import parse
from surefoot.wire.progress import encode

log = logging.getLogger(__name__)
FOLLOW_PAUSE_S = 0.5
HEARTBEAT_S = 10.0


class AgentDesk:
    def __init__(self, agent: Agent, user_meta: MetaStore, device_meta: DeviceMeta) -> None:
        self._agent = agent
        self._parts = agent.parts
        self._user_meta = user_meta
        self._device_meta = device_meta
        self._clock = GarbageClock(agent)

    @property
    def objects(self) -> GuardedObjects:
        return GuardedObjects(self._parts.storage)

    def container_of(self, pid: int, /) -> Caller:
        instance_id = self._parts.runtime.owner(pid)
        if not Path(f"/proc/{pid}").exists():  # whoever is gone was perhaps in a container
            raise NotFound(f"Process {pid} has ended before its request was looked at")
        if instance_id is None:
            return Caller(None)
        instance = self._agent.device.supervisor.get(instance_id)
        if instance is None:
            raise NotFound(f"Process {pid} belongs to a container that is gone")
        return Caller(instance.name, instance.container.roles, instance.id)

    # --- containers -----------------------------------------------------------------------------

    def containers(self) -> Sequence[ContainerView]:
        return view.containers(self._agent.device)

    def groups(self) -> Sequence[GroupView]:
        return view.groups(self._agent.device)

    def container_action(self, name: str, action: Action, /) -> None:
        self._ask(lambda ticket: dev.ContainerAsked(ticket, name, action.value))

    def signal(self, caller: Caller, kind: str, payload: str, /) -> bool:
        del payload  # the reference defines none for any kind
        answer = self._agent.ask(lambda ticket: dev.SignalGiven(ticket, caller.instance, kind))
        return answer.status == 200

    def _ask(self, question: Callable[[int], dev.Event]) -> dev.Answer:
        answer = self._agent.ask(question)
        if answer.status >= 400:
            retry = answer.retry_after_s or None
            raise Reply(answer.status, answer.text, retry_after_s=retry)
        return answer

    # --- commands and updates -------------------------------------------------------------------

    def command(self, op: Op, payload: str, /) -> bool:
        payload = payload.strip()
        named = payload or self._agent.device.update.running
        exists, progress = self._known(named) if op in NAMING else (False, None)
        answer = self._ask(
            lambda ticket: dev.CommandGiven(ticket, op.value, payload, exists, progress)
        )
        return answer.status == 200

    def _known(self, revision: str) -> tuple[bool, Any]:
        try:
            if not self._parts.storage.has_state(revision):
                return False, None
            return True, facts.read_progress(self._parts.storage, revision)
        except InvalidInput:
            return False, None

    def steps(self) -> Sequence[StepView]:
        return [self._step(name) for name in self._parts.storage.revisions()]

    def _step(self, name: str) -> StepView:
        storage = self._parts.storage
        progress = facts.read_progress(storage, name)  # a damaged record hides no other step
        text = encode(progress) if progress else b""
        return StepView(name, storage.date(name), storage.read_message(name), text)

    def _named(self, revision: str) -> str:
        return self._agent.device.update.running if revision == "current" else revision

    def step_text(self, revision: str, /) -> bytes:
        return self._parts.storage.read_state_text(self._named(revision))

    def step_put(self, revision: str, text: bytes, /) -> None:
        """R25: same text, nothing to do; another text only when nobody uses the revision."""
        state = parse(text)
        storage = self._parts.storage
        require_reserve(storage.reserve)
        with self._parts.storage_lock:
            replaces = storage.has_state(revision) and storage.read_state_text(revision) != text
            if replaces:
                self._require_unused(revision)
            storage.write_state(revision, state.text)
            if replaces:
                durable.remove_tree(storage.revision_disks(revision))
            self._parts.stored_this_boot.add(revision)

    def _require_unused(self, revision: str) -> None:
        if revision in self._agent.device.in_use:
            raise Conflict(f"Revision {revision} is in use; store the new state under another name")

    def step_progress(self, revision: str, /) -> bytes:
        name = self._named(revision)
        progress = self._parts.storage.read_progress(name)
        if progress is None:
            raise NotFound(f"Revision {name} has no progress")
        return encode(replace(progress, downloads=self._parts.downloads.get(name)))

    def step_message_put(self, revision: str, message: str, /) -> None:
        self._parts.storage.write_message(self._named(revision), message)

    def object_stored(self, sha: str, /, *, healed: bool) -> None:
        self._parts.recent_objects.add(sha)
        self._agent.call_soon(self._clock.object_came)
        if healed or self._agent.device.sick:
            with self._parts.storage_lock:
                self._parts.storage.relink(sha)
            self._heal()

    def _heal(self) -> None:
        """R12: what was down for its bad files starts once they are whole."""
        device = self._agent.device
        state = device.state(device.sick_of)
        if not device.sick or state is None:
            return
        found = self._parts.storage.verify(device.sick_of, state)
        still = {problem.container or "" for problem in found}
        whole = tuple(name for name, _ in device.sick if name not in still)
        if whole:
            self._agent.tell(dev.Healed(whole))

    def collect_garbage(self) -> int:
        return int(self._ask(dev.GarbageAsked).text)

    # --- metadata and facts ---------------------------------------------------------------------

    def user_meta(self) -> Mapping[str, str]:
        return self._user_meta.all()

    def user_meta_put(self, key: str, value: str, /) -> None:
        self._user_meta.put(key, value)
        self.use_user_meta()

    def user_meta_delete(self, key: str, /) -> None:
        self._user_meta.delete(key)
        self.use_user_meta()

    @property
    def hub_meta(self) -> MetaStore:
        return self._user_meta

    def use_user_meta(self) -> None:
        """What may change while the agent runs does so now; policies wait for the next boot."""
        for remark in self._parts.config.set_user_meta(self._user_meta.all()):
            log.warning("%s", remark)
        if self._parts.own_log is not None:
            self._parts.own_log.use(self._parts.config)

    def device_meta(self) -> Mapping[str, Json]:
        return self.device_facts()

    def device_facts(self) -> dict[str, Any]:
        device = self._agent.device
        return self._device_meta.all(
            AgentFacts(
                status=view.device_status(device),
                revision=device.update.running,
                is_remote=device.remote,
                is_claimed=device.link.claimed,
                is_online=device.link.online,
                link=view.link_state(device),
                version=__version__,
            )
        )

    def device_meta_put(self, key: str, value: str, /) -> None:
        self._device_meta.put(key, value)

    def device_meta_delete(self, key: str, /) -> None:
        self._device_meta.delete(key)

    def config(self) -> Mapping[str, Json]:
        return self._parts.config.config()

    def config2(self) -> Sequence[ConfigView]:
        return [ConfigView(**entry) for entry in self._parts.config.config2()]

    def buildinfo(self) -> str:
        return f"surefoot {__version__}\nruntime {self._parts.runtime.name}\n"

    def drivers(self, container: str | None, /) -> Mapping[str, Json]:
        """Kernel modules of the BSP belong to the board's own set-up; none is managed here."""
        del container
        return {}

    def driver_action(self, container: str | None, driver: str | None, load: bool, /) -> None:
        del container, load
        raise NotFound(f"Driver {driver or 'of that container'} is not managed on this device")

    def daemons(self) -> Sequence[DaemonView]:
        return []

    def daemon_action(self, name: str, action: Action, /) -> None:
        del action
        raise NotFound(f"Daemon {name} is not managed on this device")

    def wakelocks(self) -> Mapping[str, Json]:
        held = ("boot", "update", "update_check", "devmeta", "usrmeta", "shutdown")
        flags = ("degraded", "autosleep", "settling", "polling", "run_window")
        return {
            "mode": "none",
            "count": 0,
            **dict.fromkeys(flags, False),
            "held": dict.fromkeys((*held, "debug_shell", "poll"), False),
        }

    # --- ours -----------------------------------------------------------------------------------

    def status(self) -> Mapping[str, Json]:
        return status(self._agent.device, self._parts.watch, self._parts.runtime.name)

    def changes(self) -> Sequence[Mapping[str, Json]]:
        return self._parts.changes.all()

    def change(self, number: int, /) -> Mapping[str, Json]:
        return self._parts.changes.get(number)

    def last_event_id(self) -> int:
        return self._parts.events.newest

    def events(self, from_id: int, /) -> Iterator[Event | Lost | None]:
        return self._parts.events.follow(from_id)

    def log(self, revision: str, source: str, lines: int, follow: bool, /) -> Iterator[bytes]:
        name = self._named(revision)
        path = self._parts.logs.sources(name).get(source)
        if path is None:
            raise NotFound(f"Revision {name} has no log of {source}")
        if not follow:
            return (line.encode() + b"\n" for line in tail(path, lines))
        return _followed(Follower(path, lines))


NAMING = frozenset({Op.LOCAL_RUN, Op.LOCAL_RUN_COMMIT, Op.LOCAL_APPLY, Op.MAKE_FACTORY})


def _followed(follower: Follower) -> Iterator[bytes]:
    quiet_s = 0.0
    lines = follower.begin()
    while True:
        yield from (line.encode() + b"\n" for line in lines)
        quiet_s = 0.0 if lines else quiet_s + FOLLOW_PAUSE_S
        if quiet_s >= HEARTBEAT_S:
            quiet_s = 0.0
            yield b""
        time.sleep(FOLLOW_PAUSE_S)
        lines = follower.read()
