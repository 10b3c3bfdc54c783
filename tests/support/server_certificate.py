"""A throw-away authority and certificates for servers on this machine."""

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """PEM files: the certificate (with its key beside it), and the authority that signed it."""

    file: Path
    key: Path
    ca: Path


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _names(hosts: tuple[str, ...]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ipaddress.ip_address(host))
            if host.replace(".", "").isdigit()
            else x509.DNSName(host)
            for host in hosts
        ]
    )


def _begin(subject: str, issuer: str, since: dt.datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + 30 * DAY)
    )


def _write_key(place: Path, key: ec.EllipticCurvePrivateKey) -> Path:
    place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return place


def issue(
    directory: Path,
    *hosts: str,
    name: str = "server",
    since: dt.datetime | None = None,
) -> Certificate:
    """A certificate for `hosts` (localhost and 127.0.0.1 by default) by an authority of its own.

    It holds for thirty days from `since`, by default from yesterday on. `<name>-ca.pem` is alone
    of its kind: two calls make two authorities that do not know each other.
    """
    since = since or dt.datetime.now(dt.UTC) - DAY
    directory.mkdir(parents=True, exist_ok=True)
    authority, key = _key(), _key()
    ca = (
        _begin(f"{name} authority", f"{name} authority", since)
        .public_key(authority.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(authority, hashes.SHA256())
    )
    server = (
        _begin(name, f"{name} authority", since)
        .public_key(key.public_key())
        .add_extension(_names(hosts or ("localhost", "127.0.0.1")), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .sign(authority, hashes.SHA256())
    )
    made = Certificate(
        directory / f"{name}.pem",
        _write_key(directory / f"{name}.key", key),
        directory / f"{name}-ca.pem",
    )
    made.file.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    return made
