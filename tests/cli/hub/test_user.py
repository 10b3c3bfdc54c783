import io
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Ran, Run

PASSWORD = "correct horse battery"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Users:
    """`surefoot hub user`, with something on its standard input."""

    def __init__(self, surefoot: Run, data: Path, patch: pytest.MonkeyPatch) -> None:
        self._surefoot, self.data, self._patch = surefoot, data, patch

    def __call__(self, *words: str, said: str | None = "") -> Ran:
        """`said` None: a terminal."""
        self._patch.setattr(sys, "stdin", Terminal() if said is None else io.StringIO(said))
        return self._surefoot("hub", "user", *words, "--data", self.data)

    def add(self, nick: str, *words: str, said: str = PASSWORD + "\n") -> Ran:
        return self("add", nick, "--password-stdin", *words, said=said)


@pytest.fixture
def users(surefoot: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Users:
    return Users(surefoot, tmp_path / "hub", monkeypatch)


def test_an_account_is_added_listed_and_removed(users: Users) -> None:
    assert users.add("ada", "--email", "ada@example.org", "--admin").out == "ada may log in now\n"
    assert users.add("bob").code == 0
    lines = users("ls").out.splitlines()
    assert lines[0].split() == ["NICK", "EMAIL", "ROLE", "ID"]
    assert lines[1].split()[:3] == ["ada", "ada@example.org", "admin"]
    assert lines[2].split()[0] == "bob"
    assert users("rm", "ada").code == 0
    assert [row["nick"] for row in json.loads(users("ls", "--json").out)] == ["bob"]


def test_json_says_who_it_is(users: Users) -> None:
    made = json.loads(users.add("ada", "--json").out)
    (row,) = json.loads(users("ls", "--json").out)
    assert row == {"id": made["id"], "nick": "ada", "email": "", "admin": False}


@pytest.mark.parametrize("said", [PASSWORD, PASSWORD + "\n", PASSWORD + "\r\nnext line\n"])
def test_a_password_is_the_first_line_of_what_is_said(users: Users, said: str) -> None:
    assert users.add("ada", said=said).code == 0
    assert users("passwd", "ada", "--password-stdin", said="another password").code == 0
    assert users("passwd", "ada", "--password-stdin", "--all", said="yet another one").code == 0


def test_without_anybody_to_ask_the_option_is_named(users: Users) -> None:
    ran = users("add", "ada")
    assert ran.code == 3
    assert "--password-stdin" in ran.err


def test_at_a_terminal_it_is_asked_for_twice(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, PASSWORD, PASSWORD, "something else"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert users("add", "ada", said=None).code == 0
    ran = users("passwd", "ada", said=None)
    assert ran.code == 3
    assert "not the same" in ran.err


@pytest.mark.parametrize(
    ("words", "said", "told"),
    [
        (["add", "ada", "--password-stdin"], PASSWORD, "somebody's already"),
        (["add", "b", "--password-stdin"], PASSWORD, "3 to 23"),
        (["add", "bob", "--password-stdin"], "short", "8 to 1024"),
        (["passwd", "bob", "--password-stdin"], PASSWORD, "no account bob"),
        (["rm", "bob"], "", "no account bob"),
    ],
)
def test_what_is_refused_is_one_sentence(
    users: Users, words: list[str], said: str, told: str
) -> None:
    users.add("ada")
    ran = users(*words, said=said)
    assert ran.code == 3
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_no_password_is_ever_told(users: Users) -> None:
    users.add("ada")
    assert PASSWORD not in users("ls", "--json").out
    files = [path.read_bytes() for path in users.data.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in content for content in files)


def test_devices_that_went_with_an_account_are_told(users: Users) -> None:
    users.add("ada")
    made = sqlite3.connect(users.data / "hub.db")
    made.execute(
        "INSERT INTO devices (id, nick, owner, secret, created, modified)"
        " SELECT 'd1', 'gate', id, 's', 1, 1 FROM accounts"
    )
    made.commit()
    made.close()
    refused = users("rm", "ada")
    assert refused.code == 3
    assert "--with-devices" in refused.err
    assert users("rm", "ada", "--with-devices").err == "surefoot: 1 device went with it\n"
