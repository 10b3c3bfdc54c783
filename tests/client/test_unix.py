import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from surefoot.client.unix import USUAL_PLACES, connect, find_socket, is_socket, unix_address
from surefoot.errors import Unreachable


@pytest.fixture
def listen() -> Iterator[object]:
    with ExitStack() as stack:

        def make(path: Path) -> socket.socket:
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            with unix_address(path) as address:
                listening.bind(address)
            listening.listen()
            return listening

        yield make


def test_what_is_named_goes_before_the_variable_and_the_usual_places(
    tmp_path: Path, listen: object
) -> None:
    """R24."""
    usual = tmp_path / "usual"
    listen(usual)  # type: ignore[operator]
    environ = {"SUREFOOT_SOCKET": "/from/variable"}
    assert find_socket(Path("/named"), environ, (usual,)) == Path("/named")
    assert find_socket(None, environ, (usual,)) == Path("/from/variable")
    assert find_socket(None, {"SUREFOOT_SOCKET": ""}, (usual,)) == usual


def test_the_first_usual_place_that_is_a_socket_is_taken(tmp_path: Path, listen: object) -> None:
    absent, file, found = tmp_path / "absent", tmp_path / "file", tmp_path / "found"
    file.touch()
    listen(found)  # type: ignore[operator]
    assert find_socket(None, {}, (absent, file, found)) == found
    assert not is_socket(file)


def test_no_socket_anywhere_names_the_places_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        Unreachable,
        match=r"absent.*-s, or set it: `surefoot device run` prints .*export SUREFOOT_SOCKET=",
    ):
        find_socket(None, {}, (tmp_path / "absent",))


def test_the_usual_places_are_those_of_pvcontrol_in_its_order() -> None:
    """pvr.md 6.1."""
    assert [str(place) for place in USUAL_PLACES] == [
        "/run/pantavisor/pv/pv-ctrl",
        "/pv/pv-ctrl",
        "/pantavisor/pv-ctrl",
    ]


@pytest.mark.parametrize("length", [1, 104, 108, 250])
def test_a_path_of_any_length_is_reached(length: int, tmp_path: Path, listen: object) -> None:
    directory = tmp_path / ("d" * length)
    directory.mkdir()
    listen(directory / "s")  # type: ignore[operator]
    before = len(os.listdir("/proc/self/fd"))
    connect(directory / "s", 1).close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_nobody_at_the_other_end_is_unreachable(tmp_path: Path) -> None:
    left = tmp_path / "left"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    for path in (tmp_path / "absent", left, tmp_path / "no" / ("x" * 200) / "s"):
        with pytest.raises(Unreachable, match="nobody answers at"):
            connect(path, 1)
