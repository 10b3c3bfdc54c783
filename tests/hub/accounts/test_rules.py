"""What a nick, an e-mail address and a password must be."""

import pytest

from surefoot.errors import InvalidInput
from surefoot.hub.accounts import rules
from surefoot.hub.routes import ROUTES


@pytest.mark.parametrize("nick", ["ada", "Ada-1_2+3", "0ab", "a" * 23])
def test_nicks_of_the_reference_are_taken(nick):
    rules.require_nick(nick)


@pytest.mark.parametrize(
    "nick",
    ["", "ab", "a" * 24, "a b", "a/b", "a@b", "-ab", "äda", "ada\n", "prn:::x", "a%2f", "../ab"],
)
def test_a_nick_that_is_no_word_of_a_path_is_refused(nick):
    with pytest.raises(InvalidInput, match="3 to 23"):
        rules.require_nick(nick)


def test_no_nick_takes_a_word_of_the_api():
    words = {route.path.split("/")[1].partition(".")[0] for route in ROUTES}
    words = {word for word in words if not word.startswith("{")}
    assert words <= rules.TAKEN
    with pytest.raises(InvalidInput):
        rules.require_nick("Devices")


@pytest.mark.parametrize("email", ["", "ada@example.org", "a+b@c"])
def test_an_address_has_one_at_sign(email):
    rules.require_email(email)


@pytest.mark.parametrize("email", ["ada", "@b", "a@", "a b@c", "a@b@c", "a@b\n", "a@" + "b" * 300])
def test_what_is_no_address_is_refused(email):
    with pytest.raises(InvalidInput):
        rules.require_email(email)


@pytest.mark.parametrize("password", ["12345678", "pass phrase äöü", "x" * 1024])
def test_a_password_may_be_any_text_that_is_long_enough(password):
    rules.require_password(password)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 1025, "with\ttab in", "with\x00nul"])
def test_a_short_or_unprintable_password_is_refused(password):
    with pytest.raises(InvalidInput):
        rules.require_password(password)
