"""Local updates on real containers, good and bad, with and without reboot."""

import pytest

from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from tests.walks.conftest import BASE

GOOD = Part(Image("healthy", "app-2"))
READY = Part(Image("ready", "app-2"), run={"status_goal": "READY"})
NEVER_READY = Part(Image("never-ready", "app-2"), run={"status_goal": "READY"})
NO_INIT = Part(Image("no-init", "app-2"))
EXITS = Part(Image("exits", "app-2"))
NEW_BASE = Part(Image("healthy", "base-2"), "root")


def in_words(progress):
    return progress.status.value, progress.message


def test_a_good_update_without_reboot_ends_updated_and_touches_nothing_else(walk):
    """seed "Non-reboot transition"; device.md 1: the known good result, byte for byte."""
    before = walk.device.pids()
    walk.update("locals/x", app=GOOD)
    text = walk.device.client.get_bytes("/steps/locals/x/progress")
    assert text == (
        b'{"status":"UPDATED","status-msg":"Update finished, revision not set as rollback point",'
        b'"progress":100,"retries":0}'
    )
    assert walk.device.pids()["base"] == before["base"]
    assert walk.device.versions() == {"base": "healthy-base-1", "app": "healthy-app-2"}
    assert walk.device.pv_rev() == "0"


def test_a_good_update_with_reboot_ends_done(walk):
    """seed "Reboot transition"; device.md 1: the known good result, byte for byte."""
    walk.update("locals/x", base=NEW_BASE)
    text = walk.device.client.get_bytes("/steps/locals/x/progress")
    assert text == (
        b'{"status":"DONE","status-msg":"Update finished, revision set as rollback point",'
        b'"progress":100,"retries":0}'
    )
    assert walk.device.versions()["base"] == "healthy-base-2"
    assert walk.device.pv_rev() == "locals/x"


def test_a_changed_bsp_needs_a_reboot(walk):
    walk.update("locals/x", bsp="2")
    timeline = walk.device.client.get("/changes")[-1]["timeline"]
    rebooting = next(entry for entry in timeline if entry["message"] == "Rebooting")
    assert "bsp/kernel.img" in rebooting["cause"]


@pytest.mark.settings(PV_UPDATER_GOALS_TIMEOUT="3")
def test_a_container_that_never_gets_ready_is_rolled_back_without_reboot(walk):
    """device.md 1: ERROR with its logs; R5: the untouched container keeps its init."""
    before = walk.device.pids()
    progress = walk.update("locals/x", app=NEVER_READY)
    assert in_words(progress) == ("ERROR", "Status goal not reached")
    assert walk.device.pids()["base"] == before["base"]
    assert walk.device.versions()["app"] == "healthy-app-1"
    assert walk.device.status()["running"] == "0"
    assert walk.device.status()["trying"] is None


def test_a_missing_init_is_rolled_back_without_reboot(walk):
    """device.md 1: `platform 'app' is not running` and the controller's line."""
    before = walk.device.pids()
    progress = walk.update("locals/x", app=NO_INIT)
    assert in_words(progress) == ("ERROR", "A container could not be started")
    assert "platform 'app' is not running" in progress.logs
    assert "a platform did not work as expected. Tearing down..." in progress.logs
    assert walk.device.pids()["base"] == before["base"]
    assert walk.device.versions()["app"] == "healthy-app-1"


def test_a_missing_init_in_a_reboot_update_is_rolled_back_by_reboot(walk):
    """R5: the boot loader falls back, the reason stays (R6)."""
    progress = walk.update("locals/x", base=NEW_BASE, app=NO_INIT)
    assert in_words(progress) == ("ERROR", "A container could not be started")
    assert walk.device.status()["running"] == "0"
    assert walk.device.versions() == {"base": "healthy-base-1", "app": "healthy-app-1"}


@pytest.mark.settings(PV_UPDATER_COMMIT_DELAY="5")
def test_a_container_that_exits_in_testing_is_rolled_back(walk):
    """seed "TESTING"; R11."""
    progress = walk.update("locals/x", app=EXITS)
    assert in_words(progress) == ("ERROR", "A container could not be started")
    assert walk.device.versions()["app"] == "healthy-app-1"


def test_a_container_that_signals_ready_reaches_its_goal(walk):
    progress = walk.update("locals/x", app=READY)
    assert progress.status == "UPDATED"
    (app,) = [one for one in walk.device.client.get("/containers") if one["name"] == "app"]
    assert app["status"] == "READY"


def test_an_updated_revision_becomes_the_rollback_point_at_the_next_reboot(walk):
    """R4."""
    walk.update("locals/x", app=GOOD)
    walk.device.client.command("REBOOT_DEVICE", "because")
    walk.device.until(lambda: walk.device.pv_rev() == "locals/x", "the commit")
    assert walk.device.ended("locals/x").status == "DONE"
    assert walk.device.versions()["app"] == "healthy-app-2"


def test_an_applied_revision_is_tried_by_a_power_cut(walk):
    """R3: a reboot for whatever reason tries it."""
    walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
    walk.device.client.command("LOCAL_APPLY", "locals/x")
    walk.device.until(lambda: walk.device.status().get("staged"), "the staged revision")
    assert walk.device.versions()["app"] == "healthy-app-1"
    walk.device.power_cut()
    walk.device.start()
    assert walk.device.ended("locals/x").status == "DONE"
    assert walk.device.versions()["app"] == "healthy-app-2"


def test_a_rollback_by_command_needs_no_reboot_where_the_rules_allow_it(walk):
    """R25."""
    before = walk.device.pids()
    walk.update("locals/x", app=GOOD)
    walk.device.client.command("ROLLBACK")
    assert walk.device.at_rest()["running"] == "0"
    assert walk.device.pids()["base"] == before["base"]
    assert walk.device.versions()["app"] == "healthy-app-1"


def test_a_local_run_that_must_commit_reboots(walk):
    """R3: LOCAL_RUN_COMMIT always takes the reboot transition."""
    progress = walk.update("locals/x", op="LOCAL_RUN_COMMIT", app=GOOD)
    assert progress.status == "DONE"
    assert walk.device.pv_rev() == "locals/x"


def test_a_new_factory_revision_is_what_was_done(walk):
    """R25: MAKE_FACTORY."""
    walk.update("locals/x", base=NEW_BASE)
    walk.device.client.command("MAKE_FACTORY", "")
    walk.device.until(lambda: walk.device.status().get("running") == "0", "the factory revision")
    assert walk.device.at_rest()["rollback_point"] == "0"
    assert walk.device.versions()["base"] == "healthy-base-2"
    assert in_words(walk.device.progress("0")) == ("DONE", "Factory revision")


def test_power_off_ends_the_boot_loop(walk):
    """R8: exit code 3."""
    walk.device.client.command("POWEROFF_DEVICE", "")
    assert walk.device.loop.wait(60) == 0
    assert walk.device.leftovers() == []


def test_a_container_is_stopped_and_started_by_command(walk):
    before = walk.device.pids()["app"]
    walk.device.client.put_json("/containers/app", {"action": "restart"})
    walk.device.until(lambda: walk.device.pids().get("app") not in (None, before), "a new init")
    assert walk.device.versions()["app"] == "healthy-app-1"
    assert walk.device.pids()["base"] != before


def test_new_and_removed_containers_need_no_reboot(walk):
    walk.update("locals/x", extra=Part(Image("healthy", "extra-1")))
    assert walk.device.versions()["extra"] == "healthy-extra-1"
    before = walk.device.pids()
    progress = walk.update("locals/y")
    assert progress.status == "UPDATED"
    assert walk.device.pids() == {name: before[name] for name in ("base", "app")}


def test_base_is_unchanged_by_white_space_in_its_manifest(walk):
    """reference-observed: blanks in an inline JSON must not force a reboot here."""
    checkout = walk.checkout("locals/x", app=GOOD)
    run = checkout / "base" / "run.json"
    run.write_text("\n\n  " + run.read_text())
    before = walk.device.pids()
    assert walk.device.update(checkout, "locals/x").status == "UPDATED"
    assert walk.device.pids()["base"] == before["base"]
    assert BASE.group == "root"
