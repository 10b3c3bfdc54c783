"""Names on the wire (hub-wire.md 1)."""

import pytest

from surefoot.wire.hub import prn

ID = "5f3e9c0a1b2c3d4e5f607182"


@pytest.mark.parametrize("make", [prn.account, prn.device, prn.join_token])
def test_the_id_comes_back_from_every_kind_of_name(make):
    assert prn.id_of(make(ID)) == ID


def test_a_bare_id_is_its_own_id():
    assert prn.id_of(ID) == ID


def test_kinds_are_told_apart():
    assert prn.is_device(prn.device(ID))
    assert not prn.is_device(prn.account(ID))
    assert prn.is_account(prn.account(ID))
    assert not prn.is_account(prn.join_token(ID))


@pytest.mark.parametrize("text", ["", "gw1", ID.upper(), ID + "0", ID[:-1], ID + "\n"])
def test_what_is_no_id_may_be_a_nick(text):
    assert not prn.is_id(text)


def test_an_id_is_24_lower_case_hex_digits():
    assert prn.is_id(ID)
