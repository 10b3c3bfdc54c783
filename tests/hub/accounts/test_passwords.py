"""Passwords of people: argon2id, in a thread, a few at a time."""

import asyncio
from types import SimpleNamespace

import pytest

from surefoot.errors import Busy
from surefoot.hub.accounts import passwords
from surefoot.hub.frame.limits import Gate


def test_a_password_matches_what_was_made_of_it_and_nothing_else():
    async def story():
        kept = await passwords.hashed("correct horse")
        assert kept.startswith("$argon2id$")
        assert "correct" not in kept
        assert await passwords.matches(kept, "correct horse")
        assert not await passwords.matches(kept, "correct horse ")
        assert not await passwords.matches("what is no hash", "correct horse")
        assert not await passwords.matches(kept, "\ud800")

    asyncio.run(story())


def test_nobodys_password_takes_the_same_work_and_never_matches(monkeypatch):
    asked = []
    hasher = SimpleNamespace(hash=passwords.HASHER.hash, verify=lambda *given: asked.append(given))
    monkeypatch.setattr(passwords, "HASHER", hasher)
    for _ in range(2):
        assert not asyncio.run(passwords.matches("", "a password that nobody has"))
    assert asked[0] == asked[1]  # made once
    assert asked[0][0].startswith("$argon2id$")


def test_two_hashes_of_one_password_differ():
    async def story():
        return {await passwords.hashed("correct horse") for _ in range(2)}

    assert len(asyncio.run(story())) == 2


def test_beyond_a_long_queue_callers_are_told_to_come_again():
    async def story():
        gate = Gate(1)
        gate.waiting = passwords.QUEUE
        with pytest.raises(Busy) as caught:
            async with passwords.turn(SimpleNamespace(hashing=gate)):
                pass
        assert caught.value.retry_after_s > 0
        gate.waiting = 0
        async with passwords.turn(SimpleNamespace(hashing=gate)):
            pass

    asyncio.run(story())
