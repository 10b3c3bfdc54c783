"""`surefoot agent STORAGE --run DIR`: what a boot loader, the boot loop or systemd starts.

Reads configuration, puts the parts together, runs the agent until it leaves. Only this file and
`config.py` look at the environment.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from surefoot.boot import BACKENDS
from surefoot.boot.protocol import DEVICE_VARIABLE, REVISION_VARIABLE
from surefoot.device import effects as dev
from surefoot.device import facts, journal
from surefoot.device.agent import Agent
from surefoot.device.changes import Changes
from surefoot.device.config import Config, Places
from surefoot.device.desk import AgentDesk
from surefoot.device.effects import LeaveAsked
from surefoot.device.events import EventLog, Kind
from surefoot.device.journal import next_event_base
from surefoot.device.logs import AgentLog, ErrorLog, LogLine, LogTree
from surefoot.device.machine_facts import Machine
from surefoot.device.metadata import DeviceMeta, MetaStore
from surefoot.device.perform import Parts
from surefoot.device.remote import credentials
from surefoot.device.remote.clock import newest_time
from surefoot.device.runtimes import choose, enter_private_mounts
from surefoot.device.server import ControlServer
from surefoot.device.storage import Storage
from surefoot.device.turn import Device, Modes
from surefoot.device.upkeep import catch_up, keep_logs_small, show_consoles
from surefoot.errors import NotFound, SurefootError
from surefoot.files.lock import Lock
from surefoot.link.record import Link
from surefoot.link.record import Policy as LinkPolicy
from surefoot.update.record import Policy, Record

log = logging.getLogger(__name__)
SOCKET = "pv-ctrl"
# Never the codes of R24: to whoever boots the agent, 3 is a power-off (R8).
EXIT_FAILURE = 1
# A reboot waits for reports no longer than this (device.md 2).
FLUSH_S = 2.0
UPKEEP = (keep_logs_small, show_consoles, catch_up)


def main(argv: list[str]) -> int:
    """The exit code for whoever started the agent (R8): 0 reboot, 3 power-off, else a failure."""
    parser = argparse.ArgumentParser(prog="surefoot agent", description=__doc__)
    parser.add_argument("storage", type=Path, help="the device's storage directory")
    parser.add_argument("--run", type=Path, default=Path("/run/pantavisor/pv"))
    arguments = parser.parse_args(argv)
    try:
        return _locked(arguments.storage.resolve(), arguments.run.resolve())
    except SurefootError as error:
        sys.stderr.write(f"surefoot agent: {error}\n")
        return EXIT_FAILURE


def _locked(root: Path, run: Path) -> int:
    storage = Storage(root)
    if not storage.trails.is_dir():
        raise NotFound(f"{root} is no device; make one with `surefoot device create`")
    storage.own.mkdir(parents=True, exist_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    with Lock(storage.own / "agent.lock"):
        storage.recover()
        return _start(storage, run)


def _start(storage: Storage, run: Path) -> int:
    running = os.environ.get(REVISION_VARIABLE) or BACKENDS["loop"](storage.root).read().rev
    user_meta = MetaStore(storage.user_meta, "User meta")
    config = _config(storage, run, running, user_meta)
    parts = _parts(storage, run, running, config)
    checksums = config.flag("PV_SECUREBOOT_CHECKSUM")
    boot = facts.gather(storage, parts.loader, running, checksums, _remote_allowed(config))
    record = Record(running, boot.found.done, policy=_policy(config))
    device = Device(record, link=_link(storage, config), modes=_modes(config))
    agent = Agent(device, parts)
    machine = Machine(storage.root, config.integer("PV_STORAGE_GC_RESERVED"))
    device_meta = DeviceMeta(MetaStore(storage.device_meta, "Device meta"), machine)
    desk = AgentDesk(agent, user_meta, device_meta)
    _join_hub(agent, desk, run, machine)
    with asyncio.Runner() as runner:
        return runner.run(_live(agent, desk, boot))


def _config(storage: Storage, run: Path, running: str, user_meta: MetaStore) -> Config:
    cmdline = _text(Path("/proc/cmdline"))
    places = Places(storage.root, run, storage.trail(running))
    settings = {key: value for key, value in os.environ.items() if key != DEVICE_VARIABLE}
    config = Config.read(places, settings, cmdline, user_meta.all())
    for key, value in journal.read_settings(storage).items():
        config.set_command(key, value)
    return config


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _remote_allowed(config: Config) -> bool:
    """Without a host the device is in local mode (config.md)."""
    return config.flag("PV_CONTROL_REMOTE") and bool(config.text("PH_CREDS_HOST"))


def _modes(config: Config) -> Modes:
    return Modes(
        remote_allowed=_remote_allowed(config),
        remote_always=config.flag("PV_CONTROL_REMOTE_ALWAYS"),
    )


def _link(storage: Storage, config: Config) -> Link:
    policy = LinkPolicy(
        interval_s=config.integer("PH_UPDATER_INTERVAL"),
        user_meta_s=config.integer("PH_METADATA_USRMETA_INTERVAL"),
        device_meta_s=config.integer("PH_METADATA_DEVMETA_INTERVAL"),
        threshold=config.integer("PH_ONLINE_REQUEST_THRESHOLD"),
    )
    settled = credentials.is_settled(storage)
    identity = credentials.read(config)
    return Link(
        id=identity.id, known=identity.known, settled=settled, claimed=settled, policy=policy
    )


def _join_hub(agent: Agent, desk: AgentDesk, run: Path, machine: Machine) -> None:
    """The hands towards the Hub, for a device that has one."""
    parts = agent.parts
    if not _remote_allowed(parts.config):
        return
    # Late: a device without a Hub needs nothing of it in memory.
    from surefoot.device.remote import settings as hub_settings  # noqa: PLC0415
    from surefoot.device.remote.remote import Remote, World  # noqa: PLC0415

    world = World(
        parts.storage,
        parts.storage_lock,
        parts.stored_this_boot,
        run,
        desk.hub_meta,
        agent.hands,
        agent.post,
        agent.hands.spawn,
        lambda: agent.device,
        desk.device_facts,
        desk.use_user_meta,
        agent.hands.show_downloads,
        lambda: newest_time(parts.storage),
    )
    settings = hub_settings.read(parts.config, machine.arch)
    agent.hands.remote = Remote(world, settings, credentials.read(parts.config))


def _policy(config: Config) -> Policy:
    return Policy(
        commit_delay_s=config.integer("PV_UPDATER_COMMIT_DELAY"),
        goals_timeout_s=config.integer("PV_UPDATER_GOALS_TIMEOUT"),
        network_timeout_s=config.integer("PH_UPDATER_NETWORK_TIMEOUT"),
        max_retries=config.integer("PV_REVISION_RETRIES"),
    )


def _parts(storage: Storage, run: Path, running: str, config: Config) -> Parts:
    changes = Changes(storage.changes)
    events = EventLog(base=next_event_base(storage))
    errors = ErrorLog()
    logs = LogTree(storage.logs)
    own_log = AgentLog(logs, running, config)
    _log_to(own_log, errors, events)
    for remark in config.remarks:
        log.warning("%s", remark)
    enter_private_mounts()
    runtime, why = choose(config.text("SUREFOOT_RUNTIME"), storage.device_id(), run, storage.root)
    log.info("containers are run by %s: %s", runtime.name, why)
    loader = BACKENDS[config.text("PV_BOOTLOADER_TYPE")](storage.root)
    socket = run / SOCKET
    return Parts(storage, loader, runtime, config, events, logs, errors, changes, socket, own_log)


def _log_to(handler: AgentLog, errors: ErrorLog, events: EventLog) -> None:
    def show(line: LogLine) -> None:
        events.publish(Kind.LOG, {"source": line.src, "level": line.lvl, "line": line.msg})

    handler.listeners += [errors.add, show]
    root = logging.getLogger("surefoot")
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    root.propagate = False


async def _live(agent: Agent, desk: AgentDesk, boot: dev.Boot) -> int:
    """Serves the socket while the agent runs; whatever ends first, nothing is left behind."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.post, LeaveAsked(signal.Signals(number).name))
    upkeep = [agent.hands.spawn(work(agent)) for work in UPKEEP]
    with ControlServer(desk, agent.parts.socket):
        code = await agent.run(boot)
        agent.parts.events.close()  # listeners end at once: a reboot does not wait for them
    for task in upkeep:
        task.cancel()
    if agent.hands.remote is not None:
        await agent.hands.remote.close(FLUSH_S)
    await agent.hands.finish()
    return code
