"""URLs that carry their right in their path: who has one needs no token (hub-wire 0.3, 0.4).

A ticket reads `<sha>.<method>.<expiry>.<owner>.<mac>`. It is short, and a log of calls shows which
object it was about. It opens nothing that its owner has lost meanwhile: that is asked again.
"""

import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from surefoot.errors import Forbidden
from surefoot.hub.db.protocol import Database
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.tokens import load_key
from surefoot.hub.objects.store import Stored

KEY = "url-key"
GET, PUT = "GET", "PUT"
MOUNT = "/local-s3"
# The C device: it speaks nothing but TLS, whatever stands in front of this Hub.
TLS_ONLY = "Pantavisor/"
_MAC_BYTES = 16

_signers: "WeakKeyDictionary[Database, Signer]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Ticket:
    """`expires`: seconds since 1970. `owner`: the id of the account whose object it is."""

    sha: str
    method: str
    expires: int
    owner: str


class Signer:
    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def sign(self, ticket: Ticket) -> str:
        text = f"{ticket.sha}.{ticket.method}.{ticket.expires}.{ticket.owner}"
        return f"{text}.{self._mac(text)}"

    def read(self, token: str, at: int) -> Ticket:
        """Raises Forbidden. `at`: seconds since 1970."""
        text, _, mac = token.rpartition(".")
        if not hmac.compare_digest(_bytes(self._mac(text)), _bytes(mac)):
            raise Forbidden("This URL was not made here; ask for a new one")
        sha, method, expires, owner = text.split(".")
        if int(expires) <= at:
            raise Forbidden("This URL has expired; ask for a new one")
        return Ticket(sha, method, int(expires), owner)

    def _mac(self, text: str) -> str:
        digest = hmac.new(self._key, _bytes(text), hashlib.sha256).digest()
        return urlsafe_b64encode(digest[:_MAC_BYTES]).decode().rstrip("=")


async def signer(hub: Hub) -> Signer:
    """The key is in the database, so that every process has it; read once in each."""
    if hub.database not in _signers:
        _signers[hub.database] = Signer(await load_key(hub.database, KEY))
    return _signers[hub.database]


async def url_of(call: Call, stored: Stored, method: str) -> str:
    """By the door that the caller came in by: he can send and fetch there."""
    expires = int(time.time()) + call.hub.limits.url_s
    token = (await signer(call.hub)).sign(Ticket(stored.sha, method, expires, stored.owner))
    return f"{_base(call)}{MOUNT}/{token}"


def _base(call: Call) -> str:
    is_tls_only = call.request.headers.get("User-Agent", "").startswith(TLS_ONLY)
    return (call.hub.urls.tls if is_tls_only else "") or call.base


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
