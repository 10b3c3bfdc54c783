import json
from pathlib import Path

import pytest

from surefoot.device.storage import Storage
from tests.cli.conftest import Run
from tests.client.checkouts import checkout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return checkout(tmp_path / "tree", "app")


def test_a_device_is_made_and_how_to_start_it_is_said(
    surefoot: Run, tree: Path, tmp_path: Path
) -> None:
    ran = surefoot("device", "create", tmp_path / "s", "--from", tree)
    assert ran.code == 0
    identity = Storage(tmp_path / "s").device_id()
    assert ran.out == (
        f"device {identity} is in {tmp_path / 's'}: revision 0, 4 objects, 50 B\n"
        f"start it with: surefoot device run {tmp_path / 's'}\n"
    )


def test_json_says_the_same(surefoot: Run, tree: Path, tmp_path: Path) -> None:
    ran = surefoot("device", "create", tmp_path / "s", "--from", tree, "--json")
    assert json.loads(ran.out) == {
        "storage": str(tmp_path / "s"),
        "id": Storage(tmp_path / "s").device_id(),
        "revision": "0",
        "objects": 4,
    }


def test_what_is_missing_is_named_and_nothing_is_made(
    surefoot: Run, tree: Path, tmp_path: Path
) -> None:
    (tree / "app" / "root.squashfs").unlink()
    ran = surefoot("device", "create", tmp_path / "s", "--from", tree)
    assert ran.code == 3
    assert ran.err == (
        "surefoot: app/run.json names root.squashfs, but app/root.squashfs is not there\n"
    )
    assert not (tmp_path / "s").exists()


def test_what_may_have_been_forgotten_is_noted(surefoot: Run, tree: Path, tmp_path: Path) -> None:
    (tree / "bsp" / "kernel.img").unlink()
    ran = surefoot("device", "create", tmp_path / "s", "--from", tree)
    assert ran.code == 0
    assert "bsp/kernel.img is not there: no board boots" in ran.err


def test_a_storage_in_use_is_refused(surefoot: Run, tree: Path, tmp_path: Path) -> None:
    surefoot("device", "create", tmp_path / "s", "--from", tree)
    ran = surefoot("device", "create", tmp_path / "s", "--from", tree)
    assert ran.code == 3
    assert "holds a device already; start it with `surefoot device run`" in ran.err


def test_join_says_where_and_refuses_what_is_no_hub(surefoot: Run, tmp_path: Path) -> None:
    storage = tmp_path / "device"
    assert surefoot("device", "create", storage, "--from", checkout(tmp_path / "tree")).code == 0
    ran = surefoot("device", "join", storage, "https://hub.example.org:12366", "--json")
    assert json.loads(ran.out) == {"storage": str(storage), "hub": "hub.example.org:12366"}
    ran = surefoot("device", "join", storage, "http://hub.example.org")
    assert (ran.code, ran.out) == (3, "")
    assert "is not https" in ran.err
