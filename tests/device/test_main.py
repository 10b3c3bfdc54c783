"""The agent as a program: arguments, refusals, environment, exit codes (R8, R24)."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from surefoot.boot import BACKENDS
from surefoot.client.socket import SocketClient
from surefoot.device import main
from surefoot.device.config import Config, Places
from surefoot.device.remote import credentials
from surefoot.device.remote.credentials import Identity
from surefoot.device.storage import Storage
from surefoot.errors import SurefootError
from surefoot.files.lock import Lock
from surefoot.link.record import Policy as LinkPolicy
from surefoot.revision import parse
from surefoot.update.record import Policy
from tests.support.bench_device import PATIENCE_S, state_text
from tests.support.machine import waited_for
from tests.support.server_certificate import issue
from tests.support.stand_in import StandIn


@pytest.fixture
def storage(tmp_path):
    """A device without containers: nothing of a machine is needed to run it."""
    made = Storage(tmp_path / "storage")
    made.recover()
    for revision in ("0", "locals/x"):
        text = state_text(made, bsp=f"kernel of {revision}")
        made.write_state(revision, text)
        made.install(revision, parse(text))
    BACKENDS["loop"](made.root).commit("0")
    return made


def command(*arguments):
    return [sys.executable, "-m", "surefoot", "agent", *map(str, arguments)]


def ended(*arguments):
    environment = {**os.environ, "SUREFOOT_RUNTIME": "process"}
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env=environment,
    )


@contextmanager
def running(storage, **environment):
    """The agent as a program, and a client once it answers."""
    run = storage.root.parent / "run"
    settings = {"SUREFOOT_RUNTIME": "process", "PV_UPDATER_COMMIT_DELAY": "0", **environment}
    with subprocess.Popen(
        command(storage.root, "--run", run),
        env={**os.environ, **settings},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        client = SocketClient(run / "pv-ctrl")
        try:
            assert waited_for(lambda: answers(client) or process.poll() is not None)
            yield process, client
        finally:
            process.kill()


def answers(client):
    try:
        return client.get("/status")["status"] == "READY"
    except SurefootError:
        return False


# ---- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--run"], ["a", "b"], ["a", "--nonsense"]])
def test_arguments_that_make_no_sense_are_a_usage_error(arguments):
    done = ended(*arguments)
    assert done.returncode == 2
    assert "usage: surefoot agent" in done.stderr


def test_what_is_no_device_is_refused_and_left_alone(tmp_path):
    """Never with 3: to whoever boots the agent that is a power-off (R8)."""
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "absent"):
        done = ended(place, "--run", tmp_path / "run")
        assert done.returncode == 1
        assert done.stderr.startswith(f"surefoot agent: {place} is no device")
    assert [place.name for place in tmp_path.rglob("*")] == ["empty"]


def test_a_second_agent_is_refused(storage, tmp_path):
    """Two would write the same records; peers 3: balena-supervisor#1758 for the lock's kind."""
    with Lock(storage.own / "agent.lock"):
        done = ended(storage.root, "--run", tmp_path / "run")
    assert done.returncode == 1
    assert str(os.getpid()) in done.stderr
    assert not (tmp_path / "run/pv-ctrl").exists()


def test_a_socket_that_somebody_else_serves_is_not_taken(storage, tmp_path):
    """Two devices in one run directory."""
    other = Storage(tmp_path / "other")
    other.recover()
    other.write_state("0", storage.read_state_text("0"))
    BACKENDS["loop"](other.root).commit("0")
    with running(storage) as (process, client):
        done = ended(other.root, "--run", client.path.parent)
        assert done.returncode == 1
        assert "another agent answers" in done.stderr
        assert process.poll() is None
        assert answers(client)


# ---- what it runs ------------------------------------------------------------------------------


def test_it_runs_the_revision_that_the_boot_loader_names(storage):
    """R8: `pv_rev` in the environment; a try is one because the boot file says so."""
    BACKENDS["loop"](storage.root).arm("locals/x")
    with running(storage, pv_rev="locals/x") as (_, client):
        assert client.get("/status")["running"] == "locals/x"
        assert waited_for(lambda: client.get("/status")["rollback_point"] == "locals/x")


def test_without_a_boot_loader_it_looks_into_the_boot_file(storage):
    with running(storage) as (_, client):
        assert client.get("/status")["running"] == "0"


def test_the_environment_is_the_policy(storage, tmp_path):
    settings = {
        "PV_UPDATER_COMMIT_DELAY": "7",
        "PV_UPDATER_GOALS_TIMEOUT": "8",
        "PH_UPDATER_NETWORK_TIMEOUT": "9",
        "PV_REVISION_RETRIES": "3",
    }
    config = Config.read(Places(storage.root, tmp_path), settings)
    assert main._policy(config) == Policy(7, 8, 9, 3)
    with running(storage, **settings) as (_, client):
        client.put("/steps/locals/y", state_text(storage, bsp="another").encode())
        shown = {one["key"]: one for one in client.get("/config2")}
        assert shown["PV_UPDATER_COMMIT_DELAY"]["value"] == "7"
        assert shown["PV_UPDATER_COMMIT_DELAY"]["modified"] == "env"


def test_a_setting_made_by_command_is_there_after_a_reboot(storage):
    with running(storage) as (process, client):
        client.command("ENABLE_SSH")
        process.terminate()
        process.wait(PATIENCE_S)
    with running(storage) as (_, client):
        assert client.get("/config")["debug.ssh"] is True


# ---- its Hub -----------------------------------------------------------------------------------


def link_of(storage, tmp_path, **settings):
    return main._link(storage, Config.read(Places(storage.root, tmp_path), settings))


def test_what_the_link_begins_with_is_configuration_and_what_was_learned_before(storage, tmp_path):
    settings = {
        "PH_UPDATER_INTERVAL": "3",
        "PH_METADATA_USRMETA_INTERVAL": "4",
        "PH_METADATA_DEVMETA_INTERVAL": "6",
        "PH_ONLINE_REQUEST_THRESHOLD": "2",
    }
    link = link_of(storage, tmp_path, **settings)
    assert link.policy == LinkPolicy(3, 4, 6, 2)
    assert (link.known, link.settled, link.claimed) == (False, False, False)
    credentials.keep(storage, Identity("5fd0", "prn:::devices:/5fd0", "s3cret"))
    link = link_of(storage, tmp_path)
    assert (link.id, link.known, link.settled, link.claimed) == ("5fd0", True, False, False)
    credentials.settle(storage)
    link = link_of(storage, tmp_path)
    assert (link.known, link.settled, link.claimed) == (True, True, True)


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, False),
        ({"PH_CREDS_HOST": "hub"}, True),
        ({"PH_CREDS_HOST": "hub", "PV_CONTROL_REMOTE": "0"}, False),
        ({"PV_CONTROL_REMOTE": "1"}, False),
    ],
)
def test_without_a_host_or_a_leave_there_is_no_hub(storage, tmp_path, settings, allowed):
    """config.md."""
    config = Config.read(Places(storage.root, tmp_path), settings)
    assert main._modes(config).remote_allowed is allowed


@pytest.fixture
def hub(tmp_path):
    certificate = issue(tmp_path / "certs")
    with StandIn(certificate) as hub:
        hub.settings = {
            "PH_CREDS_HOST": "localhost",
            "PH_CREDS_PORT": str(hub.port),
            "PV_LIBTHTTP_CERTSDIR": str(tmp_path / "certs"),
            "PH_UPDATER_INTERVAL": "1",
            "PH_LIBEVENT_HTTP_RETRIES": "0",
        }
        yield hub


def test_it_registers_is_claimed_and_sends_what_it_runs(storage, hub):
    """hub-wire 8."""
    with running(storage, **hub.settings) as (process, client):
        hub.wait(lambda: hub.devices)
        run = client.path.parent
        assert waited_for((run / "challenge").exists)
        assert (run / "challenge").read_text() == hub.device.challenge
        assert (run / "device-id").read_text() == hub.device.id
        hub.claim()
        hub.wait(lambda: hub.trails)
        assert waited_for(lambda: not (run / "challenge").exists())
        hub.wait(lambda: hub.device.device_meta.get("pantahub.claimed") == "1")
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == ""
    with running(storage, **hub.settings) as (process, _):
        hub.wait(lambda: hub.asked(r"GET /trails/\w+/steps"))
        assert len(hub.devices) == 1, "it is the same device after a reboot"


def test_a_hub_that_hangs_does_not_keep_it_from_ending(storage, hub):
    """Whatever is under way is cut; no task is left to complain of."""
    fault = hub.fault("POST /devices/", hold=threading.Event())
    with running(storage, **hub.settings) as (process, _):
        assert waited_for(lambda: fault.hits)
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert process.stderr.read() == ""
        fault.hold.set()


# ---- how it ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_as_a_reboot_and_nothing_is_left(storage, number):
    with running(storage) as (process, client):
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
        assert not client.path.exists()


@pytest.mark.parametrize(("op", "code"), [("REBOOT_DEVICE", 0), ("POWEROFF_DEVICE", 3)])
def test_a_command_ends_it_with_its_code(storage, op, code):
    """R8."""
    with running(storage) as (process, client):
        client.command(op, "")
        assert process.wait(PATIENCE_S) == code


def test_listeners_do_not_hold_it_up(storage):
    """peers 3: hub.mender.io/t/8299: whoever listens is told at once that it is over."""
    with running(storage) as (process, client), client.events() as stream:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        with pytest.raises(SurefootError):
            list(stream)
