import json
import stat
import threading
from pathlib import Path

import pytest

from surefoot.client.desk.sessions import Session, Sessions
from surefoot.errors import InvalidInput, NotFound

ONE = Session("https://one.example", "ann", "token-1")
TWO = Session("http://two.example:8080", "bob", "token-2")
PEM = b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "config" / "surefoot")


def test_without_a_login_the_next_step_is_told(sessions: Sessions) -> None:
    with pytest.raises(NotFound, match="surefoot login"):
        sessions.choose()
    assert not sessions.directory.exists()


def test_the_last_login_is_the_default_and_each_can_be_chosen(sessions: Sessions) -> None:
    sessions.keep(ONE)
    sessions.keep(TWO)
    assert sessions.choose() == TWO
    assert sessions.choose(ONE.url) == ONE
    assert sessions.choose("one.example") == ONE
    assert sessions.choose("two.example:8080") == TWO
    with pytest.raises(NotFound, match="surefoot login https://three"):
        sessions.choose("https://three")


def test_a_host_that_two_have_must_be_said_in_full(sessions: Sessions) -> None:
    sessions.keep(ONE)
    sessions.keep(Session("http://one.example", "ann", "t"))
    with pytest.raises(NotFound, match="may mean"):
        sessions.choose("one.example")


def test_nobody_else_can_read_the_tokens(sessions: Sessions) -> None:
    sessions.keep(ONE)
    assert stat.S_IMODE(sessions.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(sessions.directory.stat().st_mode) == 0o700
    assert "token-1" not in repr(ONE)


def test_a_ca_is_kept_beside_and_goes_with_the_last_login_that_needs_it(
    sessions: Sessions,
) -> None:
    kept = sessions.keep(ONE, PEM)
    file = sessions.ca_file(kept)
    assert file is not None
    assert file.read_bytes() == PEM
    sessions.keep(TWO, PEM)
    sessions.remove(ONE.url)
    assert file.exists()
    sessions.remove(TWO.url)
    assert not file.exists()
    assert sessions.ca_file(ONE) is None


def test_logging_out_leaves_the_only_other_as_default_and_of_several_none(
    sessions: Sessions,
) -> None:
    three = Session("https://three.example", "ann", "t")
    for one in (ONE, TWO, three):
        sessions.keep(one)
    sessions.remove(three.url)
    with pytest.raises(NotFound, match="--hub"):
        sessions.choose()
    sessions.remove(TWO.url)
    sessions.remove(TWO.url)
    assert sessions.choose() == ONE


def test_logging_out_of_nothing_makes_nothing(sessions: Sessions) -> None:
    sessions.remove(ONE.url)
    assert not sessions.directory.exists()


def test_a_fresh_token_replaces_only_the_stale_one(sessions: Sessions) -> None:
    sessions.keep(ONE)
    sessions.renew(ONE, "token-3")
    assert sessions.choose().token == "token-3"
    sessions.renew(ONE, "token-4")
    assert sessions.choose().token == "token-3"
    sessions.remove(ONE.url)
    sessions.renew(ONE, "token-5")
    assert sessions.read().sessions == {}


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        b'{"hubs":[]}',
        b'{"hubs":{"u":1}}',
        b'{"hubs":{"u":{"token":1}}}',
        b'{"hubs":{"u":{"ca":"../../etc/passwd"}}}',
    ],
)
def test_a_damaged_file_is_told_and_not_overwritten(sessions: Sessions, text: bytes) -> None:
    sessions.keep(ONE)
    sessions.path.write_bytes(text)
    with pytest.raises(InvalidInput, match="damaged"):
        sessions.choose()
    with pytest.raises(InvalidInput, match="damaged"):
        sessions.keep(TWO)
    assert sessions.path.read_bytes() == text


def test_several_commands_at_once_lose_nothing(sessions: Sessions) -> None:
    made = [Session(f"https://{number}.example", "ann", "t") for number in range(8)]
    threads = [threading.Thread(target=sessions.keep, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(json.loads(sessions.path.read_text())["hubs"]) == {one.url for one in made}
