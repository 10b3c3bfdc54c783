import json
from pathlib import Path

import pytest

from tests.device.server.memory_desk import MemoryDesk, ask, curl


@pytest.mark.parametrize("whose", ["user", "device"])
def test_a_key_is_set_read_in_the_list_and_removed(
    whose: str, path: Path, desk: MemoryDesk
) -> None:
    assert ask(path, "PUT", f"/{whose}-meta/k.x", b"v w").status == 200
    assert json.loads(ask(path, "GET", f"/{whose}-meta").body)["k.x"] == "v w"
    heard = ask(path, "GET", f"/{whose}-meta/k.x")
    assert (heard.status, heard.error) == (400, "Method not supported for this endpoint")
    assert ask(path, "DELETE", f"/{whose}-meta/k.x").status == 200
    assert desk.meta[whose] == {}


@pytest.mark.parametrize(
    ("whose", "text"),
    [("user", "User meta does not exist"), ("device", "Device meta does not exist")],
)
def test_removing_what_is_not_there_is_404(whose: str, text: str, path: Path) -> None:
    heard = ask(path, "DELETE", f"/{whose}-meta/absent")
    assert (heard.status, heard.error) == (404, text)


@pytest.mark.parametrize("value", [b"", b"\xff"])
def test_a_value_must_be_text(value: bytes, path: Path, desk: MemoryDesk) -> None:
    heard = ask(path, "PUT", "/user-meta/k", value)
    assert (heard.status, heard.error) == (400, "Cannot add or update user meta")
    assert desk.meta["user"] == {}


def test_a_key_is_not_url_decoded(path: Path, desk: MemoryDesk) -> None:
    assert ask(path, "PUT", "/user-meta/a%20b%2fc", b"v").status == 200
    assert desk.meta["user"] == {"a%20b%2fc": "v"}


def test_a_list_of_user_metadata_has_the_recorded_form(path: Path, desk: MemoryDesk) -> None:
    assert ask(path, "GET", "/user-meta").body == b"{}"
    desk.meta["user"]["k.x"] = "v w"
    assert ask(path, "GET", "/user-meta").body == b'{"k.x":"v w"}'


def test_pvcontrol_saves_a_value_as_a_form(path: Path, desk: MemoryDesk) -> None:
    """pvr.md 6.1: `--data`, with the content type of a form."""
    url = "http://localhost/user-meta/key"
    assert curl(path, "-X", "PUT", "--data", "a=b&c", url) == (200, b"")
    assert desk.meta["user"] == {"key": "a=b&c"}
