"""Who makes a call. Looked up with each call: a token says who, the database says what they may."""

from dataclasses import dataclass
from enum import StrEnum

from surefoot.wire.hub import prn


class Kind(StrEnum):
    NOBODY = "nobody"  # no token
    ANONYMOUS = "anonymous"  # logged in as the anonymous reader
    USER = "user"
    DEVICE = "device"


@dataclass(frozen=True)
class Principal:
    """`owner`: the account whose things these are: a user's own id, a device's owner of now (""
    while it is unclaimed), "" for others. `seen`: when a device's last visit was noted
    (microseconds; 0 for never, and for others)."""

    kind: Kind
    id: str = ""
    nick: str = ""
    owner: str = ""
    admin: bool = False
    seen: int = 0

    @property
    def prn(self) -> str:
        if self.kind is Kind.USER:
            return prn.account(self.id)
        return prn.device(self.id) if self.kind is Kind.DEVICE else prn.ANONYMOUS


NOBODY = Principal(Kind.NOBODY)
ANONYMOUS = Principal(Kind.ANONYMOUS)
