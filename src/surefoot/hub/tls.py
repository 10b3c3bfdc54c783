"""The TLS side of the listener: which certificate, and when it is read again."""

import datetime as dt
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from surefoot.errors import Corrupt, NotFound
from surefoot.hub.certificates import Pair, server_pair
from surefoot.hub.settings import Layout, Settings, names_of

log = logging.getLogger(__name__)
# A key with a password is refused; without this OpenSSL would ask for it at a terminal.
NO_PASSWORD = ""
Stamp = tuple[tuple[int, int, int], ...]


class Tls:
    """`context` stays the same one: new connections get what it holds then, old ones go on.
    Raises NotFound or Corrupt when its first certificate cannot be used."""

    def __init__(self, pair: Callable[[], Pair]) -> None:
        self._pair = pair
        self._stamp: Stamp = ()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.options |= ssl.OP_NO_RENEGOTIATION
        self.context.set_alpn_protocols(["http/1.1"])
        self._load()

    def refresh(self) -> bool:
        """Takes a certificate that was renewed or replaced; whether there was one. One that cannot
        be used is logged, and the former stays: a file is replaced after the other."""
        try:
            return self._load()
        except (NotFound, Corrupt, OSError) as error:
            log.error("the certificate of before is used on: %s", error)
            return False

    def _load(self) -> bool:
        pair = self._pair()
        stamp = _stamp(pair)
        if stamp == self._stamp:
            return False
        _check(pair)
        self.context.load_cert_chain(pair.certificate, pair.key, NO_PASSWORD)
        self._stamp = stamp
        return True


def tls_of(settings: Settings) -> Tls:
    """With the files of the settings, else with the Hub's own certificate."""
    certificate, key = settings.certificate, settings.key
    if certificate is not None and key is not None:
        given = Pair(certificate, key)
        return Tls(lambda: given)
    place, names = Layout(settings.data).tls, names_of(settings)
    return Tls(lambda: server_pair(place, names, dt.datetime.now(dt.UTC)))


def _stamp(pair: Pair) -> Stamp:
    return tuple(_stamp_of(path) for path in (pair.certificate, pair.key))


def _stamp_of(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise NotFound(f"{path} is not there; name the files of the certificate") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


def _check(pair: Pair) -> None:
    """In a context of its own: a pair that does not fit must not spoil the one in use."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            pair.certificate, pair.key, NO_PASSWORD
        )
    except ssl.SSLError as error:
        raise Corrupt(
            f"{pair.certificate} and {pair.key} are no certificate with its key ({error.reason})"
        ) from error
