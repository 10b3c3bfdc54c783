"""An authority of the Hub's own, made once, and a certificate of it, made again when need be.

For a desk and for closed networks: devices and people are given `ca.pem` (`surefoot hub ca`).
"""

import datetime as dt
import ipaddress
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from surefoot.errors import Busy, Corrupt
from surefoot.files import durable
from surefoot.files.lock import Lock

# From then on for all of them: a device whose clock was never set is nearer to it than to today.
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
AUTHORITY_LIFE = dt.timedelta(days=20 * 365)
SERVER_LIFE = dt.timedelta(days=365)
RENEW_BEFORE = dt.timedelta(days=60)
PATIENCE_S = 10.0
Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True)
class Pair:
    """PEM files of a server: its certificate with those above it, and its key."""

    certificate: Path
    key: Path


def authority(directory: Path, now: dt.datetime | None = None) -> Authority:
    """The one in `directory`; made when there is none. Raises Corrupt when it cannot be read: a new
    one would be trusted by nobody."""
    certificate, key = directory / "ca.pem", directory / "ca-key.pem"
    if not certificate.exists():
        durable.make_dirs(directory, 0o700)
        with _alone(directory):
            _make_authority(certificate, key, now or dt.datetime.now(dt.UTC))
    return _read_authority(certificate, key)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """`surefoot hub ca` may come while the Hub starts for the first time: one of them makes it."""
    lock, deadline = Lock(directory / "lock"), time.monotonic() + PATIENCE_S
    while True:
        try:
            lock.acquire()
            break
        except Busy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def authority_pem(directory: Path) -> str:
    return _pem(authority(directory).certificate).decode()


def server_pair(directory: Path, names: Sequence[str], now: dt.datetime | None = None) -> Pair:
    """A certificate for all of `names` by the authority of `directory`: that of before while it has
    days left and the same names, else a new one."""
    now = now or dt.datetime.now(dt.UTC)
    above = authority(directory, now)
    pair = Pair(directory / "server.pem", directory / "server-key.pem")
    if not _serves(pair, above, names, now):
        key = _new_key()
        made = _make_server(above, key, names, now)
        durable.write(pair.key, _key_pem(key), 0o600)
        durable.write(pair.certificate, _pem(made) + _pem(above.certificate))
    return pair


def _serves(pair: Pair, above: Authority, names: Sequence[str], now: dt.datetime) -> bool:
    """Whether the certificate that is there can be used on; one that a cut left half is not."""
    try:
        found = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
        found.verify_directly_issued_by(above.certificate)
        held = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, InvalidSignature, x509.ExtensionNotFound):
        return False
    is_one = found.public_key() == key.public_key()
    return is_one and held == _names(names) and found.not_valid_after_utc - now > RENEW_BEFORE


def _read_authority(certificate: Path, key: Path) -> Authority:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        secret = serialization.load_pem_private_key(key.read_bytes(), None)
    except (FileNotFoundError, ValueError) as error:
        raise Corrupt(
            f"The authority in {certificate.parent} cannot be read ({error}); bring it back from a "
            "backup, or remove the directory and give the new `surefoot hub ca` to all devices"
        ) from error
    assert isinstance(secret, ec.EllipticCurvePrivateKey)
    return Authority(found, secret)


def _make_authority(certificate: Path, key: Path, now: dt.datetime) -> None:
    """The certificate is written last: it is what says that there is an authority."""
    if certificate.exists():
        return
    secret = _new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Surefoot Hub {now:%Y-%m-%d}")])
    identity = x509.SubjectKeyIdentifier.from_public_key(secret.public_key())
    builder = _begin(name, name, secret, now + AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    builder = builder.add_extension(identity, critical=False)
    durable.write(key, _key_pem(secret), 0o600)
    durable.write(certificate, _pem(builder.sign(secret, hashes.SHA256())))


def _make_server(
    above: Authority, key: Key, names: Sequence[str], now: dt.datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Surefoot Hub")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key())
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    builder = _begin(subject, above.certificate.subject, key, now + SERVER_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(server, critical=False)
    builder = builder.add_extension(_names(names), critical=False)
    builder = builder.add_extension(issuer, critical=False)
    return builder.sign(above.key, hashes.SHA256())


def _begin(
    subject: x509.Name, issuer: x509.Name, key: Key, end: dt.datetime
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), BEGIN, end
    )


def _names(names: Sequence[str]) -> x509.SubjectAlternativeName:
    """An address stands as a DNS name too: the C device's TLS compares it as text (hub-wire 12)."""
    addresses = [found for name in names if (found := _ip(name)) is not None]
    return x509.SubjectAlternativeName(
        [*(x509.DNSName(name) for name in names), *(x509.IPAddress(found) for found in addresses)]
    )


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
