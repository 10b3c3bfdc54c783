import json
import os
from pathlib import Path

import pytest

from surefoot.client.tree import read_tree
from surefoot.errors import InvalidInput, NotFound
from surefoot.revision import parse
from tests.client.checkouts import checkout, put, run_json, sha


def test_json_files_are_inline_and_all_others_are_objects(tmp_path: Path) -> None:
    tree = read_tree(checkout(tmp_path, "app", _config__app__etc__x="x", README="read"))
    state = parse(tree.text)
    assert state.objects == {
        "README": sha("read"),
        "_config/app/etc/x": sha("x"),
        "app/lxc.container.conf": sha("lxc.uts.name = app\n"),
        "app/root.squashfs": sha("root of app"),
        "bsp/kernel.img": sha("kernel.img"),
        "bsp/pantavisor": sha("pantavisor"),
    }
    assert state.inline["app/run.json"] == run_json("app")
    assert tree.notes == ()


def test_the_text_is_canonical_whatever_blanks_the_files_have(tmp_path: Path) -> None:
    put(checkout(tmp_path / "one", "app"), "device.json", '{"disks": [ ] }\n')
    put(checkout(tmp_path / "two", "app"), "device.json", '{"disks":[]}')
    one, other = read_tree(tmp_path / "one"), read_tree(tmp_path / "two")
    assert one.text == other.text
    assert json.loads(one.text)["#spec"] == "pantavisor-service-system@1"
    assert " : " not in one.text


def test_numbers_keep_their_exact_value(tmp_path: Path) -> None:
    """pvr.md 1.3: 1.5 is stored as 1.5E0, 30 digits are kept."""
    put(checkout(tmp_path), "device.json", '{"x": 123456789012345678901234567890, "y": 1.50}')
    text = read_tree(tmp_path).text
    assert '{"x":123456789012345678901234567890,"y":1.5E0}' in text


def test_what_tools_keep_at_the_top_is_skipped_and_only_there(tmp_path: Path) -> None:
    checkout(tmp_path)
    for path in (".git/HEAD", ".pvr/json", ".pv/pv-kernel.img", "app/.git/HEAD"):
        put(tmp_path, path, "not json")
    assert set(parse(read_tree(tmp_path).text).objects) & {".git/HEAD", ".pvr/json"} == set()
    assert "app/.git/HEAD" in read_tree(tmp_path).text


def test_a_git_file_of_a_linked_work_tree_is_skipped(tmp_path: Path) -> None:
    put(checkout(tmp_path), ".git", "gitdir: /elsewhere")
    assert ".git" not in read_tree(tmp_path).text


def test_a_link_to_a_file_counts_as_that_file(tmp_path: Path) -> None:
    checkout(tmp_path / "tree")
    put(tmp_path, "kernel", "another kernel")
    (tmp_path / "tree/bsp/kernel.img").unlink()
    (tmp_path / "tree/bsp/kernel.img").symlink_to(tmp_path / "kernel")
    assert parse(read_tree(tmp_path / "tree").text).objects["bsp/kernel.img"] == sha(
        "another kernel"
    )


def test_a_link_to_a_directory_is_refused_instead_of_left_out(tmp_path: Path) -> None:
    checkout(tmp_path / "tree", "app")
    (tmp_path / "tree" / "other").symlink_to(tmp_path / "tree" / "app")
    with pytest.raises(InvalidInput, match="other is a link to a directory"):
        read_tree(tmp_path / "tree")


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    (checkout(tmp_path) / "bsp" / "fdt").symlink_to("nowhere")
    with pytest.raises(NotFound, match="bsp/fdt in the checkout"):
        read_tree(tmp_path)


def test_a_pipe_in_a_checkout_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(checkout(tmp_path) / "bsp" / "pipe")
    with pytest.raises(Exception, match=r"bsp/pipe in the checkout.*not a plain file"):
        read_tree(tmp_path)


def test_a_directory_without_a_bsp_is_no_checkout(tmp_path: Path) -> None:
    put(tmp_path, "app/run.json", "{}")
    with pytest.raises(InvalidInput, match=r"no checkout of a device: bsp/run.json is not there"):
        read_tree(tmp_path)


@pytest.mark.parametrize("missing", ["root.squashfs", "lxc.container.conf"])
def test_a_file_that_a_manifest_names_must_be_there(tmp_path: Path, missing: str) -> None:
    (checkout(tmp_path, "app") / "app" / missing).unlink()
    with pytest.raises(InvalidInput) as told:
        read_tree(tmp_path)
    assert str(told.value) == f"app/run.json names {missing}, but app/{missing} is not there"


def test_a_further_volume_must_be_there_with_or_without_verity(tmp_path: Path) -> None:
    checkout(tmp_path, "app")
    put(tmp_path, "app/run.json", json.dumps(run_json("app", volumes=["dm:data.squashfs"])))
    with pytest.raises(InvalidInput, match=r"names data.squashfs, but app/data.squashfs"):
        read_tree(tmp_path)


def test_json_that_cannot_be_read_is_named_with_its_fault(tmp_path: Path) -> None:
    put(checkout(tmp_path, "app"), "app/run.json", '{"name": "app", "name": "app"}')
    with pytest.raises(InvalidInput, match=r"app/run.json is no good JSON: .*this name once"):
        read_tree(tmp_path)


def test_a_lone_sha256_in_a_json_file_is_refused(tmp_path: Path) -> None:
    """pvr.md 1.2: it would turn into the name of an object."""
    put(checkout(tmp_path), "pin.json", json.dumps(sha("x")))
    with pytest.raises(InvalidInput, match=r"pin.json holds a sha256 alone"):
        read_tree(tmp_path)


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    checkout(tmp_path)
    os.close(os.open(os.fsencode(tmp_path) + b"/bsp/\xff", os.O_CREAT))
    with pytest.raises(InvalidInput, match="no UTF-8 name"):
        read_tree(tmp_path)


def test_what_looks_forgotten_is_noted(tmp_path: Path) -> None:
    (checkout(tmp_path, "app", stray__root_squashfs="x") / "bsp" / "kernel.img").unlink()
    assert read_tree(tmp_path).notes == (
        "bsp/run.json names kernel.img, but bsp/kernel.img is not there: no board boots",
        "stray/ has no run.json: it is no container, and its files are only stored",
    )
