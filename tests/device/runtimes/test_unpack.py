"""A container's root, unpacked."""

import os
import stat
import subprocess

import pytest

from surefoot.device.runtimes.unpack import lay_over, make_devices, unpack
from surefoot.errors import RuntimeFailed
from tests.support.images import squash


def image(directory, name, files, removed=()):
    root = directory / name
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for path in removed:
        subprocess.run(["mknod", root / path, "c", "0", "0"], check=True)
    squash(root, directory / f"{name}.squashfs")
    return directory / f"{name}.squashfs"


def contents(root):
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.txt")}


def test_images_are_laid_one_over_the_other(tmp_path):
    base = image(tmp_path, "base", {"a.txt": "base", "d/b.txt": "base"})
    patch = image(tmp_path, "patch", {"d/b.txt": "patch", "c.txt": "patch"})
    unpack([base, patch], tmp_path / "root")
    assert contents(tmp_path / "root") == {"a.txt": "base", "d/b.txt": "patch", "c.txt": "patch"}


@pytest.fixture
def host(tmp_path):
    """What no image may reach, though its links lead there."""
    (tmp_path / "host").mkdir()
    (tmp_path / "host/name.txt").write_text("host")
    yield tmp_path / "host"
    assert [path.name for path in (tmp_path / "host").iterdir()] == ["name.txt"]
    assert (tmp_path / "host/name.txt").read_text() == "host"


def linked(directory, host):
    """An image whose `/etc` and whose `/a.txt` lead out of it."""
    (directory / "base").mkdir()
    (directory / "base/etc").symlink_to(host)
    (directory / "base/a.txt").symlink_to(host / "name.txt")
    return image(directory, "base", {"kept.txt": "base"})


def test_an_image_above_is_not_written_through_the_links_of_one_below(tmp_path, host):
    base = linked(tmp_path, host)
    patch = image(tmp_path, "patch", {"etc/name.txt": "patch", "a.txt": "patch"})
    unpack([base, patch], tmp_path / "root")
    assert contents(tmp_path / "root") == {
        "etc/name.txt": "patch",
        "a.txt": "patch",
        "kept.txt": "base",
    }
    assert not (tmp_path / "root.layer").exists()


def test_a_configuration_is_not_written_through_the_links_of_an_image(tmp_path, host):
    unpack([linked(tmp_path, host)], tmp_path / "root")
    (tmp_path / "config/etc").mkdir(parents=True)
    for name in ("etc/name.txt", "a.txt"):
        (tmp_path / "config" / name).write_text("config")
    lay_over(tmp_path / "config", tmp_path / "root")
    assert contents(tmp_path / "root") == {
        "etc/name.txt": "config",
        "a.txt": "config",
        "kept.txt": "base",
    }


def test_no_devices_are_made_through_a_link(tmp_path, host):
    (tmp_path / "root").mkdir()
    (tmp_path / "root/dev").symlink_to(host)
    with pytest.raises(RuntimeFailed, match='"dev" is a link'):
        make_devices(tmp_path / "root")


def test_a_link_above_takes_the_place_of_a_directory(tmp_path):
    base = image(tmp_path, "base", {"d/a.txt": "base"})
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch/d").symlink_to("e")
    patch = image(tmp_path, "patch", {"e/a.txt": "patch"})
    (tmp_path / "patch/e").chmod(0o700)
    unpack([base, patch], tmp_path / "root")
    assert (tmp_path / "root/d").readlink().name == "e"
    assert contents(tmp_path / "root")["e/a.txt"] == "patch"


def test_directories_have_the_mode_of_the_upper_most_layer(tmp_path):
    base = image(tmp_path, "base", {"d/a.txt": "base"})
    (tmp_path / "patch/d").mkdir(parents=True)
    (tmp_path / "patch/d").chmod(0o1777)
    patch = image(tmp_path, "patch", {"d/b.txt": "patch"})
    unpack([base, patch], tmp_path / "root")
    assert stat.S_IMODE((tmp_path / "root/d").stat().st_mode) == 0o1777
    assert set(contents(tmp_path / "root")) == {"d/a.txt", "d/b.txt"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
def test_a_patch_can_remove(tmp_path):
    """pvr.md 3.1: removals are character devices 0/0."""
    base = image(tmp_path, "base", {"a.txt": "base", "b.txt": "base"})
    patch = image(tmp_path, "patch", {"c.txt": "patch"}, removed=["a.txt"])
    unpack([base, patch], tmp_path / "root")
    assert contents(tmp_path / "root") == {"b.txt": "base", "c.txt": "patch"}


def test_what_is_no_image_is_refused(tmp_path):
    (tmp_path / "bad.squashfs").write_bytes(b"x" * 5000)
    with pytest.raises(RuntimeFailed, match=r"could not unpack .*bad\.squashfs"):
        unpack([tmp_path / "bad.squashfs"], tmp_path / "root")


def test_without_squashfs_tools_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeFailed, match="install squashfs-tools"):
        unpack([tmp_path / "any"], tmp_path / "root")


def test_a_configuration_is_laid_over(tmp_path):
    for directory, text in (("root", "image"), ("config", "config")):
        (tmp_path / directory / "etc").mkdir(parents=True)
        (tmp_path / directory / "etc/name.txt").write_text(text)
    (tmp_path / "root/etc/kept.txt").write_text("image")
    lay_over(tmp_path / "config", tmp_path / "root")
    lay_over(tmp_path / "nowhere", tmp_path / "root")
    assert contents(tmp_path / "root") == {"etc/name.txt": "config", "etc/kept.txt": "image"}


def test_devices_are_made_where_they_may_be(tmp_path):
    make_devices(tmp_path)
    make_devices(tmp_path)
    made = {path.name: path.stat().st_mode for path in (tmp_path / "dev").iterdir()}
    assert all(stat.S_ISCHR(mode) for mode in made.values())
    assert bool(made) == (os.geteuid() == 0)
