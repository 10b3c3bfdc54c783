import json
from functools import partial
from pathlib import Path

import pytest

from surefoot.client.checkout import open_source
from surefoot.client.install import default_name
from surefoot.device.server import Op
from surefoot.lab.real import RealDevice
from tests.cli.conftest import Run
from tests.client.checkouts import checkout
from tests.client.story import RUN, Machine

UPDATED = "Update finished, revision not set as rollback point"


# Two reboots of a real device, without containers and so without any runtime.
QUICK = {"PV_UPDATER_COMMIT_DELAY": "1", "SUREFOOT_RUNTIME": "process"}


def test_on_a_real_device_it_waits_over_reboots(surefoot: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    device = RealDevice(tmp_path / "d", QUICK)
    device.create(checkout(tmp_path / "0")).start()
    ctl = ("ctl", "-s", device.client.path)
    trees = [checkout(tmp_path / name, bsp__version=name) for name in ("one", "two")]
    try:
        assert surefoot(*ctl, "status", "--wait").code == 0
        one = surefoot(*ctl, "install", trees[0], "one", "--run", "--wait")
        two = surefoot(*ctl, "install", trees[1], "two", "--apply", "--wait")
        rebooted = surefoot(*ctl, "reboot", "--wait")
        status = json.loads(surefoot(*ctl, "status", "--json").out)
    finally:
        device.stop()
    assert (one.code, one.err) == (0, "")
    assert [line.split()[2] for line in one.out.splitlines()[2:] if " s  " in line] == [
        "NEW",
        *["INPROGRESS"] * 3,
        "TESTING",
        "DONE",
    ]
    assert "bsp/version added" in one.out
    assert (two.code, two.out.splitlines()[-1].endswith("Update applied")) == (0, True)
    assert rebooted.code == 0
    assert "DONE        Update finished, revision set as rollback point" in rebooted.out
    assert rebooted.out.splitlines()[-1] == "runs locals/two, READY"
    assert (status["running"], status["rollback_point"]) == ("locals/two", "locals/two")
    assert device.leftovers() == []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return checkout(tmp_path / "tree", "app")


def test_objects_and_state_are_brought_and_nothing_is_run(
    ctl: Run, machine: Machine, tree: Path
) -> None:
    ran = ctl("install", tree, "one")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "sent app/lxc.container.conf (19 B)",
        "sent app/root.squashfs (11 B)",
        "sent bsp/kernel.img (10 B)",
        "sent bsp/pantavisor (10 B)",
        "stored locals/one: 4 objects sent (50 B), 0 there already",
    ]
    assert RUN in machine.desk.states
    assert machine.desk.asked == []


def test_a_revision_without_a_name_is_called_by_its_content(ctl: Run, tree: Path) -> None:
    """R24."""
    name = default_name(open_source(tree).text)
    assert f"stored {name}: 4 objects" in ctl("install", tree).out
    again = ctl("install", tree)
    assert again.out == f"stored {name}: nothing to send, 4 there already\n"


@pytest.mark.parametrize(("flag", "op"), [("--run", Op.LOCAL_RUN), ("--apply", Op.LOCAL_APPLY)])
def test_it_can_be_run_or_applied_without_waiting(
    ctl: Run, machine: Machine, tree: Path, flag: str, op: Op
) -> None:
    ran = ctl("install", tree, "locals/one", flag)
    assert machine.desk.asked == [(op, RUN)]
    assert ran.out.splitlines()[-1] == f"accepted: {op} {RUN}"


def test_with_wait_it_tells_the_update_to_its_end(ctl: Run, machine: Machine, tree: Path) -> None:
    desk = machine.desk

    def on_command(_op: Op, payload: str) -> bool:
        desk.begin(payload)
        machine.then(
            partial(desk.tell, "INPROGRESS", "Update installed"),
            partial(desk.tell, "UPDATED", UPDATED),
            partial(desk.is_now, running=payload),
        )
        return True

    desk.on_command = on_command
    ran = ctl("install", tree, "one", "--run", "--wait", "-m", "as told")
    assert ran.code == 0
    assert ran.out.splitlines()[-2].endswith("INPROGRESS  Update installed")
    assert ran.out.splitlines()[-1].endswith(UPDATED)
    assert desk.messages == {RUN: "as told"}


def test_json_lines_tell_of_objects_and_of_what_is_stored(ctl: Run, tree: Path) -> None:
    lines = [json.loads(line) for line in ctl("install", tree, "one", "--json").out.splitlines()]
    assert [line["kind"] for line in lines] == ["sent"] * 4 + ["stored"]
    assert lines[0].keys() == {"kind", "object", "path", "size"}
    assert lines[-1] == {
        "kind": "stored",
        "revision": RUN,
        "sent": 4,
        "kept": 0,
        "sent_bytes": 50,
    }


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--run", "--apply"], "--run and --apply exclude each other"),
        (["--wait"], "there is nothing to wait for without --run or --apply"),
    ],
)
def test_flags_that_make_no_sense_together_are_wrong_usage(
    ctl: Run, machine: Machine, tree: Path, flags: list[str], told: str
) -> None:
    ran = ctl("install", tree, *flags)
    assert ran.code == 2
    assert told in ran.err
    assert machine.desk.states.keys() == {"0", "current"}


def test_a_bad_name_is_refused_before_anything_is_sent(
    ctl: Run, machine: Machine, tree: Path
) -> None:
    ran = ctl("install", tree, "../escape")
    assert ran.code == 3
    assert "is no name of a revision" in ran.err
    assert machine.desk.objects.list() == []


def test_a_bad_source_is_told_in_one_sentence(ctl: Run, tree: Path) -> None:
    (tree / "app" / "run.json").write_text("{")
    ran = ctl("install", tree)
    assert ran.code == 3
    assert ran.err.startswith("surefoot: app/run.json is no good JSON: ")
    assert ran.err.count("\n") == 1
