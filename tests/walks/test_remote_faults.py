"""The remote flow when the line, the Hub or the device fails: rulings R14, R15, R18."""

import json
import os
import signal

import pytest

from tests.walks.remote_walk import DONE, UPDATED, app, base

MESSAGE = "status-msg"


def kill_agent(remote):
    """kill -9 of the agent alone: to the boot loop that is a reboot of the device (R8)."""
    pid = remote.device.until(lambda: agent_of(remote), "the agent")
    os.kill(pid, signal.SIGKILL)


def agent_of(remote):
    mark = f"agent\0{remote.device.storage.root}".encode()
    for pid in remote.device.processes():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read()
        except OSError:
            continue
        if mark in line:
            return pid
    return None


@pytest.mark.settings(PV_REVISION_RETRIES="3")
def test_kills_in_each_download_spend_the_starts_until_wontgo(remote):
    """R15: `Retry 1 of 3`, `Retry 2 of 3`, WONTGO."""
    remote.claim()
    remote.line.rate = 20_000
    rev = remote.post(remote.checkout("two", app=app("2")))
    for start in (1, 2):
        seen = remote.device.until(
            lambda start=start: is_downloading(remote, rev, start), f"download {start}"
        )
        assert seen == f"Retry {start} of 3"
        kill_agent(remote)
    remote.line.rate = 0
    told = remote.ended(rev)
    assert (told["status"], told[MESSAGE]) == ("WONTGO", "Max download retries reached")
    assert remote.device.at_rest()["running"] == "0"


def is_downloading(remote, rev, start):
    """The message, once bytes have come in this start."""
    record = remote.stored(rev)
    partial = remote.device.storage.partial
    came = sum(path.stat().st_size for path in partial.iterdir()) if partial.is_dir() else 0
    found = record and record.status == "DOWNLOADING" and record.retries == start and came
    return record.message if found else None


def test_a_download_that_is_cut_goes_on_from_the_byte_reached(remote):
    """R15; peers 3: rauc#1517."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")))
    assert remote.ended(rev) == UPDATED
    whole = remote.line.passed

    remote.line.cut_after = 100_000
    rev = remote.post(remote.checkout("three", app=app("3")))
    assert remote.ended(rev) == UPDATED
    assert remote.line.cuts >= 2
    assert remote.line.passed < 3 * whole


@pytest.mark.settings(PV_UPDATER_COMMIT_DELAY="6", PH_LIBEVENT_HTTP_RETRIES="0")
def test_a_hub_that_goes_away_in_testing_makes_it_roll_back(remote):
    """R18."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")))
    remote.until_status(rev, "TESTING")
    remote.line.down()
    remote.device.until(lambda: remote.stored(rev).status == "ERROR", "the rollback")
    assert remote.stored(rev).message == "Hub communication not stable"
    remote.line.up()
    assert remote.ended(rev)[MESSAGE] == "Hub communication not stable"
    assert remote.device.at_rest()["running"] == "0"


@pytest.mark.settings(PH_UPDATER_NETWORK_TIMEOUT="4", PH_LIBEVENT_HTTP_RETRIES="0")
def test_a_revision_that_never_reaches_the_hub_is_rolled_back(remote):
    """R18: `Hub not reachable`, and the Hub learns of it once the line is there again."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")))
    remote.device.until(lambda: is_installed(remote, rev), "the transition")
    remote.line.down()
    found = remote.device.until(lambda: failed(remote, rev), "the rollback")
    assert found.message in ("Hub not reachable", "Hub communication not stable")
    remote.line.up()
    assert remote.ended(rev)["status"] == "ERROR"


def is_installed(remote, rev):
    record = remote.stored(rev)
    return record and record.status == "INPROGRESS"


def failed(remote, rev):
    record = remote.stored(rev)
    return record if record.status == "ERROR" else None


def test_a_report_that_is_lost_comes_later_and_rolls_nothing_back(remote):
    """R18; peers 3: mender PR#485, hawkbit#3185."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")))
    remote.device.until(
        lambda: remote.stored(rev) and remote.stored(rev).progress == 100, "its end"
    )
    remote.line.down()
    remote.device.stop()
    remote.device.start()
    remote.device.until(remote.device.status, "the agent")
    remote.line.up()
    told = remote.until_status(rev, "DONE")
    assert told[MESSAGE] == "Update finished, revision set as rollback point"


def test_an_object_that_the_hub_has_lost_is_wontgo_at_once_with_the_cause(remote):
    """R15; peers 3: rauc-hawkbit-updater#158."""
    remote.claim()
    remote.device.stop()
    rev = remote.post(remote.checkout("two", app=app("2")))
    state = remote.owner.step(remote.id, rev)["state"]
    (remote.hub.data / "blobs" / state["app/root.squashfs"]).unlink()
    remote.device.start()
    told = remote.ended(rev)
    assert (told["status"], told[MESSAGE]) == ("WONTGO", "Max download retries reached")
    assert told["retries"] == 1
    assert "cannot be had" in json.loads(told["logs"].splitlines()[-1])["msg"]


@pytest.mark.settings(PH_UPDATER_NETWORK_TIMEOUT="5", PH_LIBEVENT_HTTP_RETRIES="0")
def test_a_hub_that_is_away_over_the_reboot_makes_it_fall_back(remote):
    """R18, and the recording device-c-hubdown-60s: the old revision tells why, once it can."""
    remote.claim()
    rev = remote.post(remote.checkout("two", base=base("2")))
    remote.until_status(rev, "INPROGRESS")
    remote.line.down()
    remote.device.until(lambda: remote.stored(rev).status == "ERROR", "the rollback")
    assert remote.device.at_rest()["running"] == "0"
    assert remote.device.versions()["base"] == "healthy-base-1"
    remote.line.up()
    assert remote.ended(rev)[MESSAGE] == "Hub not reachable"


@pytest.mark.settings(PH_UPDATER_NETWORK_TIMEOUT="20")
def test_a_hub_that_is_away_for_a_moment_over_the_reboot_harms_nothing(remote):
    """R18; the recording device-c-hubdown-while-rebooting."""
    remote.claim()
    rev = remote.post(remote.checkout("two", base=base("2")))
    remote.until_status(rev, "INPROGRESS")
    remote.line.down()
    remote.device.until(
        lambda: remote.stored(rev).message == "Starting updated version", "the new revision"
    )
    remote.line.up()
    assert remote.ended(rev) == DONE


@pytest.mark.settings(
    PH_UPDATER_NETWORK_TIMEOUT="3", PV_REVISION_RETRIES="3", PH_LIBEVENT_HTTP_TIMEOUT="3"
)
def test_a_download_without_headway_ends_a_start_and_never_hangs(remote):
    """R15; peers 3: ostree#2383, hub.mender.io/t/8299."""
    remote.claim()
    remote.line.rate = 20_000
    rev = remote.post(remote.checkout("two", app=app("2")))
    remote.device.until(lambda: is_downloading(remote, rev, 1), "the download")
    remote.line.rate = 1  # a chunk now and in some hours
    remote.device.until(
        lambda: remote.stored(rev).message == "Retried 1 of 3", "the end of the first start"
    )
    remote.line.rate = 0
    remote.line.cut()
    assert remote.ended(rev) == {**UPDATED, "retries": 2}


@pytest.mark.settings(PV_UPDATER_COMMIT_DELAY="3")
def test_the_hub_killed_in_the_middle_of_everything_changes_nothing(remote):
    """kill -9 of the Hub while a device downloads and reports: it goes on where it was."""
    remote.claim()
    remote.line.rate = 100_000
    rev = remote.post(remote.checkout("two", app=app("2")))
    remote.device.until(lambda: is_downloading(remote, rev, 1), "the download")
    remote.hub.stop(signal.SIGKILL)
    remote.hub.start()
    remote.line.rate = 0
    assert remote.ended(rev) == UPDATED
    assert "all is well" in remote.hub.command("check")
