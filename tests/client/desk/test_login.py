import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from surefoot.client.desk.login import account, login
from surefoot.client.desk.sessions import Sessions
from surefoot.errors import Forbidden, InvalidInput, NotFound, Unreachable
from tests.client.desk.fleet import PASSWORD, BadLine, Fleet


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "config")


def test_a_login_is_kept_and_the_password_is_not(fleet: Fleet, sessions: Sessions) -> None:
    made = asyncio.run(login(sessions, fleet.base, "ann@example.org", PASSWORD))
    assert sessions.choose() == made
    assert (made.url, made.nick) == (fleet.base, "ann")
    kept = b"".join(path.read_bytes() for path in sessions.directory.iterdir() if path.is_file())
    assert PASSWORD.encode() not in kept
    fleet.token = made.token
    assert fleet.at_desk(account).nick == "ann"


@pytest.mark.parametrize(("user", "password"), [("ann", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_or_password_leaves_no_login(
    fleet: Fleet, sessions: Sessions, user: str, password: str
) -> None:
    with pytest.raises(Forbidden, match="does not know this name with this password"):
        asyncio.run(login(sessions, fleet.base, user, password))
    assert not sessions.directory.exists()


def test_what_is_no_hub_is_told(fleet: Fleet, sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="no Hub"):
        asyncio.run(login(sessions, f"{fleet.base}/elsewhere", "ann", PASSWORD))


def test_nobody_there_is_unreachable(fleet: Fleet, line: BadLine, sessions: Sessions) -> None:
    line.down()
    with pytest.raises(Unreachable):
        asyncio.run(login(sessions, fleet.base, "ann", PASSWORD))


def test_a_ca_that_is_none_is_refused_before_anything_is_sent(
    fleet: Fleet, line: BadLine, sessions: Sessions, tmp_path: Path
) -> None:
    line.down()
    file = tmp_path / "ca.pem"
    with pytest.raises(NotFound, match="cannot be read"):
        asyncio.run(login(sessions, fleet.base, "ann", PASSWORD, file))
    file.write_text("key")
    with pytest.raises(InvalidInput, match="no certificate"):
        asyncio.run(login(sessions, fleet.base, "ann", PASSWORD, file))


def test_a_new_login_takes_the_ca_of_the_one_before(
    fleet: Fleet, sessions: Sessions, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    first = asyncio.run(login(sessions, fleet.base, "ann", PASSWORD, file))
    file.unlink()
    again = asyncio.run(login(sessions, fleet.base, "ann", PASSWORD))
    assert again.ca == first.ca
    kept = sessions.ca_file(again)
    assert kept is not None
    assert kept.exists()


def test_a_hub_that_sends_on_is_asked_at_its_right_address(tmp_path: Path) -> None:
    class Sends(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(301)
            self.send_header("Location", "https://hub.example/auth/login")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Sends) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(InvalidInput, match=r"sends on to https://hub\.example"):
            asyncio.run(login(Sessions(tmp_path / "c"), url, "ann", PASSWORD))
        thread.join()
