"""The parts of one Hub process, handed to every call. Nothing in it changes but caches."""

from dataclasses import dataclass, field

from surefoot.hub.blobs.protocol import Blobs
from surefoot.hub.db.protocol import Database
from surefoot.hub.frame.limits import Buckets, Gate, Rate, Underway
from surefoot.hub.frame.tokens import Tokens

HASHED_AT_ONCE = 2


@dataclass(frozen=True)
class Urls:
    """Public addresses without a trailing slash, from configuration and never from a request
    (hub-wire 1). A caller is given those of the door that he came in by."""

    plain: str
    tls: str

    def of(self, secure: bool) -> str:
        return self.tls if secure else self.plain


@dataclass(frozen=True)
class Limits:
    """Bounds for one account or device. Sizes in bytes, times in seconds. Of what an account has, 0
    is no bound."""

    token_s: int = 3600
    user_token_s: int = 7 * 24 * 3600  # pvr hardly ever refreshes (hub-wire 2.4)
    refresh_s: int = 24 * 3600
    anonymous_s: int = 300
    url_s: int = 24 * 3600
    max_object: int = 64 * 1024**3
    account_bytes: int = 64 * 1024**3  # of all its objects
    account_devices: int = 10_000
    account_uploads: int = 16  # at once; pvr sends 5, the desk 4, a device 1
    unclaimed_s: int = 5 * 24 * 3600
    log_lines: int = 200_000  # kept for each device
    audit_entries: int = 20_000  # kept for each account
    open_signup: bool = True  # whether anybody may make an account over the network
    # Addresses of the proxies that this Hub stands behind: their X-Forwarded-For is believed.
    proxies: frozenset[str] = frozenset()
    # A device asks about once a second, 50 times at once when it starts; pvr posts a thousand
    # objects in one go; a whole site may stand behind one address.
    device_rate: Rate = Rate(per_s=20, burst=500)
    account_rate: Rate = Rate(per_s=200, burst=5000)
    address_rate: Rate = Rate(per_s=500, burst=10_000)
    # Rows that anybody may make, without a name: a class room at once, a batch of devices at once.
    signup_rate: Rate = Rate(per_s=0.1, burst=100)
    unclaimed_rate: Rate = Rate(per_s=1, burst=2000)


@dataclass(frozen=True)
class Hub:
    database: Database
    blobs: Blobs
    tokens: Tokens
    urls: Urls
    limits: Limits = field(default_factory=Limits)
    buckets: Buckets = field(default_factory=Buckets)
    uploads: Underway = field(default_factory=Underway)
    hashing: Gate = field(default_factory=lambda: Gate(HASHED_AT_ONCE))
