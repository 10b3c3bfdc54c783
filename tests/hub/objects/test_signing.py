"""Tickets in URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from surefoot.errors import Forbidden
from surefoot.hub.objects.signing import Signer, Ticket
from tests.hub.objects.senders import sha_of

SIGNER = Signer("a key")
TICKET = Ticket("ab" * 32, "GET", 1000, "5f3e9c0a1b2c3d4e5f600001")
TOKEN = SIGNER.sign(TICKET)


def test_a_ticket_says_what_was_signed_until_it_expires():
    assert SIGNER.read(TOKEN, 999) == TICKET
    with pytest.raises(Forbidden, match="has expired"):
        SIGNER.read(TOKEN, 1000)


def test_a_token_shows_its_object_first_and_fits_into_a_path():
    assert TOKEN.startswith("ab" * 32 + ".GET.1000.")
    assert len(TOKEN) < 150
    assert TOKEN.replace(".", "").replace("-", "").replace("_", "").isalnum()


@given(some.integers(0, len(TOKEN) - 1), some.characters(codec="utf-8"))
def test_one_other_letter_makes_it_worthless(place, letter):
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    if changed != TOKEN:
        with pytest.raises(Forbidden, match="not made here"):
            SIGNER.read(changed, 0)


@pytest.mark.parametrize("token", ["", ".", "....", "a.b.c.d.e", "\udcff." * 5, TOKEN + ".", "é"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(Forbidden, match="not made here"):
        SIGNER.read(token, 0)


def test_another_hub_does_not_take_it():
    with pytest.raises(Forbidden, match="not made here"):
        Signer("another key").read(TOKEN, 0)


def test_the_key_is_the_databases_and_not_that_of_logins(world):
    row = world.run(world.database.one("SELECT count(*) AS n FROM settings WHERE key = 'url-key'"))
    assert row["n"] <= 1
    rows = world.run(world.database.all("SELECT DISTINCT value FROM settings"))
    total = world.run(world.database.one("SELECT count(*) AS n FROM settings"))
    assert len(rows) == total["n"]


def urls(sender, data, **headers):
    body = {"sha256sum": sha_of(data), "size": len(data)}
    reply = sender.call("POST", "/objects/", body, headers=headers)
    return reply.json["signed-geturl"], reply.json["signed-puturl"]


def test_urls_lead_to_the_door_that_the_caller_came_in_by(world, ada, gateway):
    """hub-wire 0.3, 0.4: nothing of the right is in a query."""
    for sender in (ada, gateway):
        for url in urls(sender, b"door"):
            assert url.startswith(f"{world.base}/local-s3/")
            assert "?" not in url


def test_the_c_device_is_sent_to_tls_whatever_stands_before_the_hub(world, gateway):
    """hub-wire 0.3: it takes nothing but https."""
    agent = {"User-Agent": "Pantavisor/2 (Linux; x86_64) PV/029-32-g303584a7-261124 Date/261124"}
    for url in urls(gateway, b"tls", **agent):
        assert url.startswith("https://hub.test:12366/local-s3/")
