import json
import threading
import time

import pytest

from surefoot.cli import output
from surefoot.cli.desk import devices as module
from surefoot.client.desk.devices import Overview
from surefoot.errors import Unreachable
from tests.cli.conftest import Run
from tests.client.desk.fleet import BadLine, Fleet, Robot


def test_a_device_is_claimed_by_id_and_by_url(desk: Run, fleet: Fleet) -> None:
    one, two = fleet.world.register(), fleet.world.register()
    ran = desk("claim", one["id"], one["challenge"])
    assert ran.code == 0
    assert ran.out.startswith("claimed ")
    assert ran.out.endswith(f" ({one['id']})\n")
    ran = desk("claim", f"{fleet.base}/devices/{two['id']}", two["challenge"], "--json")
    assert json.loads(ran.out)["id"] == two["id"]


def test_a_wrong_challenge_and_a_wrong_id_are_refused(desk: Run, fleet: Fleet) -> None:
    made = fleet.world.register()
    ran = desk("claim", made["id"], "not-the-words")
    assert (ran.code, ran.out) == (3, "")
    assert "challenge" in ran.err
    assert desk("claim", "0" * 24, "x-y-z").code == 3
    assert desk("claim", "kitchen", "x-y-z").code == 2
    assert desk("claim", "ann/kitchen", "x-y-z").code == 2


def test_devices_are_a_table_and_json_is_one_document(desk: Run, robot: Robot) -> None:
    robot.meta(**{"pantavisor.revision": "0"})
    head, row = desk("devices").out.splitlines()
    assert head.split() == ["ID", "NICK", "REVISION", "STATUS", "MESSAGE", "SEEN", "ADDRESS"]
    assert row.split()[:4] == [robot.id[:8], robot.nick, "0", "DONE"]
    (found,) = json.loads(desk("devices", "--json").out)
    assert (found["id"], found["running"], found["status"]) == (robot.id, "0", "DONE")
    assert list(found) == [
        *("id", "nick", "running", "target", "status", "status-msg", "seen", "address")
    ]


def test_without_a_device_the_next_step_is_told(desk: Run) -> None:
    assert "surefoot claim" in desk("devices").out
    assert json.loads(desk("devices", "--json").out) == []


def test_a_claimed_device_that_has_sent_nothing_is_syncing(desk: Run, fleet: Fleet) -> None:
    """R19."""
    fleet.world.device(fleet.token)
    assert "SYNCING" in desk("devices").out


def test_one_device_is_shown_whole(desk: Run, robot: Robot) -> None:
    robot.meta(**{"pantavisor.revision": "0", "evil": "\x1b[31mred\x07"})
    out = desk("devices", robot.nick).out
    assert out.startswith(f"{robot.nick}  {robot.id}\n")
    assert "DEVICE-META" in out
    assert "\x1b" not in out
    found = json.loads(desk("devices", robot.id[:8], "--json").out)
    assert found["device-meta"]["pantavisor.revision"] == "0"
    assert found["public"] is False
    assert desk("devices", "nobody").code == 3


def test_watching_shows_what_changes(
    desk: Run, fleet: Fleet, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    shown: list[str] = []

    def show(row: Overview, as_json: bool) -> None:
        shown.append(row.status)
        if len(shown) == 1:
            robot.world.call(
                "POST",
                f"/trails/{robot.id}/steps",
                b'{"rev":-1,"state":%s}' % robot.source.text.encode(),
                token=fleet.token,
            )
            robot.tells(1, "QUEUED")
        else:
            raise Unreachable("enough")

    monkeypatch.setattr(module, "_show_changed", show)
    assert desk("devices", robot.id, "--watch").code == 5
    assert shown[0] == "DONE"
    assert len(shown) == 2


def test_a_changed_device_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = Overview("i" * 24, "kitchen", "3", "4", "TESTING", "m", "", "")
    module._show_changed(row, as_json=False)
    assert capsys.readouterr().out == "06:52:00Z  kitchen  3/4  TESTING  m\n"
    module._show_changed(row, as_json=True)
    assert json.loads(capsys.readouterr().out)["target"] == "4"


def test_only_what_changed_is_told_again() -> None:
    changed = module._Changed()
    row = Overview("i", "n", "1", "1", "DONE", "", "2026-11-24T06:00:00Z", "")
    later = Overview("i", "n", "1", "1", "DONE", "", "2026-11-24T06:01:00Z", "")
    other = Overview("i", "n", "1", "2", "NEW", "", "", "")
    assert [changed.of([one]) for one in (row, later, other, other)] == [[row], [], [other], []]


def test_on_a_terminal_the_table_is_drawn_anew(
    desk: Run, robot: Robot, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(module, "PACE", module.PACE.__class__(patience_s=0.1, pause_s=0.01))
    threading.Timer(0.5, line.down).start()
    begun = time.monotonic()
    ran = desk("devices", "--watch")
    assert ran.code == 5
    assert robot.nick in ran.out
    assert time.monotonic() - begun < 30
