"""Short signed tokens, and the key of a Hub."""

import asyncio

import pytest

from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.frame import tokens as tokens_module
from surefoot.hub.frame.problems import Unauthenticated
from surefoot.hub.frame.tokens import Tokens, load_key

KEY = "k" * 40


class Clock:
    def __init__(self):
        self.s = 1_700_000_000.0

    def __call__(self):
        return self.s


def test_what_was_signed_is_read_until_it_expires():
    clock = Clock()
    tokens = Tokens(KEY, clock)
    token = tokens.sign({"a": [1, "x"]}, 60)
    for _ in range(2):
        assert tokens.read(token) == {"a": [1, "x"], "exp": 1_700_000_060}
    clock.s += 59.9
    assert tokens.read(token)["a"] == [1, "x"]
    clock.s += 0.1
    with pytest.raises(Unauthenticated, match="expired"):
        tokens.read(token)
    with pytest.raises(Unauthenticated, match="expired"):
        Tokens(KEY, clock).read(token)


def test_a_clock_that_was_wrong_when_a_token_was_made_does_not_void_it():
    """Only `exp` counts: a token of a Hub whose clock ran ahead is good."""
    clock = Clock()
    token = Tokens(KEY, clock).sign({"iat": 1_800_000_000, "nbf": 1_800_000_000}, 60)
    assert Tokens(KEY, clock).read(token)["iat"] == 1_800_000_000


@pytest.mark.parametrize("at", range(0, 120, 7))
def test_no_character_of_a_token_can_be_changed(at):
    token = Tokens(KEY).sign({"a": 1}, 60)
    at %= len(token) - 1  # the last one has unused bits
    other = "A" if token[at] != "A" else "B"
    with pytest.raises(Unauthenticated, match="log in again"):
        Tokens(KEY).read(token[:at] + other + token[at + 1 :])


@pytest.mark.parametrize("exp", [None, "soon", 1e300, [], True], ids=str)
def test_a_token_without_a_whole_time_is_none_of_ours(exp):
    import jwt

    token = jwt.encode({"exp": exp} if exp is not None else {}, KEY, "HS256")
    with pytest.raises(Unauthenticated):
        Tokens(KEY).read(token)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(tokens_module, "REMEMBERED", 3)
    tokens = Tokens(KEY)
    made = [tokens.sign({"n": n}, 60) for n in range(9)]
    assert [tokens.read(token)["n"] for token in made * 2] == list(range(9)) * 2
    assert len(tokens._known) == 3


def test_the_key_is_made_once_for_all_processes(tmp_path):
    async def story():
        one, other = (SqliteDatabase(tmp_path / "hub.db") for _ in range(2))
        await one.migrate()
        keys = await asyncio.gather(*(load_key(database) for database in (one, other, one)))
        another = await load_key(one, "another")
        await one.close()
        await other.close()
        return keys, another

    keys, another = asyncio.run(story())
    assert len(set(keys)) == 1
    assert another != keys[0]
    assert len(keys[0]) >= 43
