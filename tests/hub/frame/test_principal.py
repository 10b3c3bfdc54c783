"""Who makes a call, by name."""

from surefoot.hub.frame.principal import ANONYMOUS, NOBODY, Kind, Principal
from surefoot.wire.hub import prn

ID = "5f3e9c0a1b2c3d4e5f607182"


def test_users_and_devices_have_names_of_their_own():
    assert Principal(Kind.USER, ID).prn == prn.account(ID)
    assert Principal(Kind.DEVICE, ID).prn == prn.device(ID)


def test_who_has_no_account_owns_nothing():
    for who in (NOBODY, ANONYMOUS):
        assert who.prn == prn.ANONYMOUS
        assert (who.id, who.owner, who.admin) == ("", "", False)
