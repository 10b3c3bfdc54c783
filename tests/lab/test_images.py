"""Laboratory images: what is in them, and that they are built once and whole."""

import subprocess

import pytest

from surefoot.errors import NotFound
from surefoot.lab import images
from surefoot.lab.images import SCRIPTS, Image, build


def listed(image):
    output = subprocess.run(
        ["unsquashfs", "-ll", image], check=True, capture_output=True, text=True
    )
    lines = [line.split("squashfs-root", 1) for line in output.stdout.splitlines()]
    return {path[1].split(" ")[0]: path[0][:10] for path in lines if len(path) == 2}


def content(image, path):
    return subprocess.run(
        ["unsquashfs", "-cat", image, path], check=True, capture_output=True
    ).stdout


@pytest.mark.parametrize("kind", SCRIPTS)
def test_an_image_says_who_it_is_and_has_the_init_of_its_kind(kind, tmp_path):
    image = build(Image(kind, "app-7"), tmp_path)
    assert content(image, "version") == f"{kind}-app-7\n".encode()
    files = listed(image)
    assert ("/sbin/init" in files) is (kind != "no-init")
    assert ("/bin/nc" in files) is (kind == "ready")
    if kind != "no-init":
        assert files["/sbin/init"] == "-rwxr-xr-x"
        assert content(image, "sbin/init").decode() == f"#!/bin/sh\n{SCRIPTS[kind]}"


def test_a_ready_image_has_the_libraries_that_its_netcat_needs(tmp_path):
    """Debian's busybox cannot talk to UNIX sockets."""
    files = listed(build(Image("ready"), tmp_path))
    assert any(name.endswith("/libc.so.6") for name in files)
    assert any("ld-linux" in name for name in files)


def test_an_image_is_built_once_and_two_versions_are_two_images(tmp_path):
    one = build(Image("healthy", "1"), tmp_path)
    before = one.stat().st_ino
    assert build(Image("healthy", "1"), tmp_path).stat().st_ino == before
    assert build(Image("healthy", "2"), tmp_path).read_bytes() != one.read_bytes()
    assert sorted(place.name for place in tmp_path.iterdir()) == [
        "healthy-1.squashfs",
        "healthy-2.squashfs",
    ]


def test_what_is_missing_is_named_with_the_package_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(images, "BUSYBOX", tmp_path / "busybox")
    monkeypatch.setattr(images, "NETCAT", tmp_path / "nc")
    with pytest.raises(NotFound, match=r"install squashfs-tools busybox-static$"):
        build(Image("healthy"), tmp_path)
    with pytest.raises(NotFound, match=r"install squashfs-tools busybox-static netcat-openbsd$"):
        build(Image("ready"), tmp_path)


def test_a_build_that_was_cut_is_begun_again(tmp_path):
    """No half-made image stands under its final name."""
    (tmp_path / "healthy-1.root").mkdir()
    (tmp_path / "healthy-1.root" / "left").write_text("by a cut")
    (tmp_path / "healthy-1.draft").write_bytes(b"half")
    image = build(Image("healthy", "1"), tmp_path)
    assert "/left" not in listed(image)
    assert [place.name for place in tmp_path.iterdir()] == ["healthy-1.squashfs"]
