"""Paths in directories that others may have filled."""

import pytest

from surefoot.device.runtimes import beneath
from surefoot.errors import RuntimeFailed


@pytest.fixture
def base(tmp_path):
    (tmp_path / "host").mkdir()
    (tmp_path / "base/in/deep").mkdir(parents=True)
    (tmp_path / "base/out").symlink_to(tmp_path / "host")
    (tmp_path / "base/up").symlink_to("../host")
    (tmp_path / "base/link").symlink_to("in/deep")
    (tmp_path / "base/file").touch()
    return tmp_path / "base"


def test_directories_are_made_as_far_as_they_are_missing(base):
    for _ in range(2):
        beneath.make_dirs(base / "in/new/er", base)
    assert (base / "in/new/er").is_dir()
    beneath.make_dirs(base / "in", base / "in")


@pytest.mark.parametrize("way", ["out/x", "up/x", "link/x", "file/x", "out", "file"])
def test_nothing_is_made_through_a_link_or_a_file(base, way):
    with pytest.raises(RuntimeFailed, match="is a link or no directory"):
        beneath.make_dirs(base / way, base)
    assert not list((base.parent / "host").iterdir())


@pytest.mark.parametrize("way", ["out", "out/x", "up", "in/../../host"])
def test_what_leads_out_is_refused(base, way):
    with pytest.raises(RuntimeFailed, match="lead"):
        beneath.check(base / way, base)


@pytest.mark.parametrize("way", ["", "link", "in/deep", "not/there"])
def test_what_stays_inside_is_taken(base, way):
    beneath.check(base / way, base)


@pytest.mark.parametrize("name", ["out", "file", "in", "not-there"])
def test_a_thing_is_removed_and_never_what_it_leads_to(base, name):
    beneath.remove(base / name)
    assert not (base / name).is_symlink()
    assert not (base / name).exists()
    assert (base.parent / "host").is_dir()
