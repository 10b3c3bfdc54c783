"""Nicks, challenges and secrets."""

import re

import pytest

from surefoot.errors import InvalidInput
from surefoot.hub.devices import names

WORDS = r"[a-z]+{0}[a-z]+{0}[a-z]+"


@pytest.mark.parametrize("nick", ["gw1", "A-b_c+d%20", "x" * 64, "__unregistered__owl_1"])
def test_the_rule_of_nicks_lets_pass(nick):
    assert names.require_nick(nick) == nick


@pytest.mark.parametrize(
    "nick",
    ["", "x" * 65, "a b", "a/b", "a\n", "gw1\n", "gw.1", "ä", "\0", "5f3e9c0a1b2c3d4e5f607182"],
)
def test_the_rule_of_nicks_refuses(nick):
    with pytest.raises(InvalidInput):
        names.require_nick(nick)


@pytest.mark.parametrize("nick", ["owner", "secret", "challenge", "device-meta", "tokens", "np"])
def test_a_nick_is_no_name_that_a_device_or_a_path_looks_for(nick):
    """hub-wire 0.5: a nick `secret` would give the device the text `owner` as its secret."""
    with pytest.raises(InvalidInput):
        names.require_nick(nick)


@pytest.mark.parametrize("length", [names.SECRET_MIN, names.SECRET_MAX])
def test_a_secret_that_somebody_chose_is_long(length):
    assert names.require_secret("x" * length)


@pytest.mark.parametrize("length", [0, names.SECRET_MIN - 1, names.SECRET_MAX + 1])
def test_a_secret_that_is_short_or_endless_is_refused(length):
    with pytest.raises(InvalidInput):
        names.require_secret("x" * length)


def test_made_names_look_as_the_protocol_says():
    assert re.fullmatch(WORDS.format("_"), names.make_nick())
    assert re.fullmatch(WORDS.format("-"), names.make_challenge())
    assert re.fullmatch(r"__unregistered__[a-z]+_[a-z0-9]+", names.make_unregistered_nick())
    assert re.fullmatch(r"[a-z0-9]{15}", names.make_secret())


def test_made_nicks_keep_the_rule():
    for nick in (names.make_nick(), names.make_unregistered_nick()):
        assert names.require_nick(nick) == nick


def test_no_two_secrets_are_the_same():
    assert len({names.make_secret() for _ in range(1000)}) == 1000
