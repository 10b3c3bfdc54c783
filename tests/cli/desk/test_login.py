import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.cli.desk import login as module
from surefoot.client.desk.sessions import Session, Sessions
from tests.cli.conftest import Run
from tests.client.desk.fleet import PASSWORD, Fleet


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts bytes on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))


def test_a_password_comes_from_standard_input(
    surefoot: Run, fleet: Fleet, config: Sessions, type_in: Callable[[bytes], None]
) -> None:
    type_in(f"{PASSWORD}\n".encode())
    ran = surefoot("login", f"{fleet.base}/", "--user", "ann", "--password-stdin")
    assert (ran.code, ran.out, ran.err) == (0, f"logged in at {fleet.base} as ann\n", "")
    assert config.choose().nick == "ann"
    who = surefoot("whoami", "--json")
    assert who.code == 0
    found = json.loads(who.out)
    assert (found["url"], found["nick"], found["type"]) == (fleet.base, "ann", "USER")
    assert found["prn"].startswith("prn:::accounts:/")


def test_a_wrong_password_is_one_sentence(
    surefoot: Run, fleet: Fleet, config: Sessions, type_in: Callable[[bytes], None]
) -> None:
    type_in(b"wrong")
    ran = surefoot("login", fleet.base, "--user", "ann", "--password-stdin")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        f"surefoot: {fleet.base} does not know this name with this password; try again\n"
    )
    assert not config.directory.exists()


def test_on_a_terminal_name_and_password_are_asked_for(
    surefoot: Run, fleet: Fleet, config: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []

    def prompt(what: str, *, hide_input: bool, err: bool) -> str:
        asked.append((what, hide_input))
        return PASSWORD if hide_input else "ann"

    monkeypatch.setattr(module.typer, "prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert surefoot("login", fleet.base, "--json").code == 0
    assert asked == [("User", False), ("Password", True)]


def test_off_a_terminal_nothing_is_asked_for(surefoot: Run, config: Sessions) -> None:
    ran = surefoot("login", "http://127.0.0.1:1")
    assert ran.code == 2
    assert "--user" in ran.err
    assert "--password-stdin" in surefoot("login", "http://127.0.0.1:1", "--user", "ann").err


def test_an_empty_standard_input_is_no_password(
    surefoot: Run, config: Sessions, type_in: Callable[[bytes], None]
) -> None:
    type_in(b"")
    assert surefoot("login", "http://127.0.0.1:1", "--user", "a", "--password-stdin").code == 2


def test_nobody_there_is_told_as_such(
    surefoot: Run, config: Sessions, type_in: Callable[[bytes], None]
) -> None:
    type_in(b"x")
    ran = surefoot("login", "http://127.0.0.1:1", "--user", "ann", "--password-stdin")
    assert ran.code == 5
    assert ran.err.startswith("surefoot: http://127.0.0.1:1 does not answer")


def test_a_plain_connection_to_elsewhere_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    for url in ("http://127.0.0.1:1", "http://localhost", "http://[::1]:1", "https://hub.example"):
        module._warn_of_plain(url)
    assert capsys.readouterr().err == ""
    module._warn_of_plain("http://hub.example")
    assert "not encrypted" in capsys.readouterr().err


def test_logging_out_forgets_and_leaves_the_others(
    desk: Run, fleet: Fleet, config: Sessions
) -> None:
    other = Session("https://other.example", "bob", "t")
    config.keep(other)
    ran = desk("logout")
    assert (ran.code, ran.out) == (0, "logged out of https://other.example\n")
    assert "other" not in desk("whoami").out
    assert json.loads(desk("logout", fleet.base, "--json").out)["url"] == fleet.base
    assert desk("logout").code == 3


def test_whoami_tells_of_other_logins(desk: Run, fleet: Fleet, config: Sessions) -> None:
    config.keep(Session("https://other.example", "bob", "t"))
    out = desk("whoami", "--hub", fleet.base).out
    assert out.startswith(f"ann at {fleet.base}\nuntil 20")
    assert out.endswith("also logged in at https://other.example, the default\n")


def test_a_file_of_logins_that_is_damaged_is_told(
    desk: Run, config: Sessions, tmp_path: Path
) -> None:
    config.path.write_text("{")
    ran = desk("whoami")
    assert ran.code == 3
    assert "hubs.json is damaged" in ran.err
