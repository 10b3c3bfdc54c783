"""Who the device speaks to, and when: metadata, logs, local and remote mode, unclaim (R20)."""

import json

import pytest

from tests.walks.remote_walk import UPDATED, app, base


def test_metadata_goes_both_ways(remote):
    """hub-wire 3.4, R22."""
    remote.claim()
    remote.owner.good("PATCH", f"/devices/{remote.id}/user-meta", {"color": "red", "n": {"a": 1}})
    remote.device.until(
        lambda: remote.device.client.get("/user-meta") == {"color": "red", "n": '{"a":1}'},
        "the user metadata",
    )
    remote.owner.good("PATCH", f"/devices/{remote.id}/user-meta", {"color": None})
    remote.device.until(lambda: "color" not in remote.device.client.get("/user-meta"), "it to go")
    remote.device.client.put("/device-meta/shelf", b"7")

    def told():
        found = remote.owner.good("GET", f"/devices/{remote.id}")["device-meta"]
        return found if found.get("shelf") == "7" else None

    found = remote.device.until(told, "the device metadata")
    assert (found["pantavisor.status"], found["pantavisor.revision"]) == ("READY", "0")
    assert (found["pantahub.claimed"], found["pantahub.online"]) == ("1", "1")
    assert found["pantavisor.mode"] == "remote"


def test_logs_come_to_the_hub_in_their_order_and_go_on_after_a_reboot(remote):
    """hub-wire 9."""
    remote.claim()
    rev = remote.post(remote.checkout("two", base=base("2")))
    remote.ended(rev)

    def told():
        target = f"/logs/?dev={remote.id}&plat=pantavisor&sort=time-created&page=3000"
        found = remote.owner.good("GET", target).get("entries") or []
        lines = [(one["rev"], one["msg"]) for one in found]
        return lines if any(rev_ == str(rev) for rev_, _ in lines) else None

    lines = remote.device.until(told, "the logs of both revisions")
    assert [rev_ for rev_, _ in lines] == sorted(rev_ for rev_, _ in lines)


def test_a_local_run_turns_to_local_mode_and_go_remote_back(remote):
    """R20: in local mode the Hub is not asked; what was posted meanwhile waits."""
    remote.claim()
    done = remote.device.update(remote.checkout("locals/x", app=app("2")), "locals/x")
    assert done.status == "UPDATED"
    remote.device.until(lambda: remote.device.status()["mode"] == "local", "local mode")
    rev = remote.post(remote.checkout("three", app=app("3")))
    before = remote.line.passed
    remote.device.client.command("RUN_GC")
    remote.device.at_rest()
    assert remote.progress(rev)["status"] == "NEW"
    assert remote.line.passed - before < 20_000  # answers that were on their way
    assert remote.device.client.command("GO_REMOTE")
    assert remote.ended(rev) == UPDATED
    assert remote.device.status()["mode"] == "remote"


@pytest.mark.settings(PV_CONTROL_REMOTE_ALWAYS="1")
def test_remote_always_keeps_the_hub_while_a_local_revision_runs(remote):
    """R20; progress of local revisions is not sent."""
    remote.claim()
    remote.device.update(remote.checkout("locals/x", app=app("2")), "locals/x")
    rev = remote.post(remote.checkout("three", app=app("3")))
    assert remote.ended(rev) == UPDATED


@pytest.mark.settings(PV_CONTROL_REMOTE="0")
def test_a_device_that_may_not_be_remote_asks_nobody(remote):
    assert remote.device.at_rest()["mode"] == "local"
    assert remote.line.passed == 0
    assert not remote.run_file("device-id")


def test_an_unclaimed_device_runs_on_under_a_local_name_and_registers_anew(remote):
    """R20."""
    remote.claim()
    rev = remote.post(remote.checkout("two", base=base("2")))
    assert remote.ended(rev)["status"] == "DONE"
    old = remote.id
    assert remote.device.client.command("UNCLAIM")
    remote.device.until(
        lambda: remote.run_file("challenge") and remote.run_file("device-id") != old, "a new id"
    )
    assert remote.device.at_rest()["running"] == "locals/unclaimed-1"
    assert remote.device.versions()["base"] == "healthy-base-2"
    assert [one["name"] for one in remote.device.client.get("/steps")] == [
        "0",
        "locals/unclaimed-1",
    ]
    remote.claim()
    assert remote.id != old
    rev = remote.post(remote.checkout("three", app=app("3"), base=base("2")))
    assert (rev, remote.ended(rev)) == (1, UPDATED)
    config = (remote.device.storage.config / "pantahub.config").read_text()
    assert f"PH_CREDS_ID={remote.id}\n" in config


def test_a_device_that_was_removed_at_the_hub_says_so_and_keeps_its_name(remote):
    """It would be a new device to its owner if it registered by itself."""
    remote.claim()
    remote.owner.good("DELETE", f"/devices/{remote.id}")
    log = remote.device.storage.logs / "0/pantavisor/pantavisor.log"
    remote.device.until(lambda: "steps failed" in log.read_text(), "a line in the log")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert any("steps failed" in line["msg"] and line["lvl"] == "WARN" for line in lines)
    waits = [wait["for"] for wait in remote.device.status()["waits"]]
    assert "the Hub to know this device again" in waits
    assert (
        f"PH_CREDS_ID={remote.id}\n"
        in (remote.device.storage.config / "pantahub.config").read_text()
    )
