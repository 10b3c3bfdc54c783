"""The `process` runtime: what its own steps may reach (its life: tests/conformance)."""

import pytest

from surefoot.device.runtimes import process
from surefoot.errors import RuntimeFailed


def test_no_socket_is_shown_through_a_link_of_an_image(machine, tmp_path):
    machine.socket.touch()
    host, rootfs = tmp_path / "host", tmp_path / "rootfs"
    host.mkdir()
    rootfs.mkdir()
    (host / "pv-ctrl").write_text("host")
    (rootfs / "pantavisor").symlink_to(host)
    with pytest.raises(RuntimeFailed, match='"pantavisor" is a link'):
        process._show_socket(machine.bundle("app.1"), rootfs)
    assert (host / "pv-ctrl").read_text() == "host"
