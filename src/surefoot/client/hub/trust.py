"""Whom TLS trusts, and what time it is at least (hub-wire.md 12, R23)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from surefoot.errors import Unreachable

# Where distributions keep the system's roots: libcurl's own default is that of its builder.
_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Trust:
    """`ca_dir`: each file in it that holds PEM certificates counts, whatever its name. Without
    directory and file the system's roots are taken. `floor`: seconds since 1970 that have passed
    for certain (R23)."""

    ca_dir: Path | None = None
    ca_file: Path | None = None
    floor: Callable[[], float] | None = None


def roots(trust: Trust) -> bytes:
    """Certificates as PEM, joined; empty for the system's. Raises Unreachable when there are
    none where some should be."""
    if trust.ca_dir is None and trust.ca_file is None:
        return b""
    files = [trust.ca_file] if trust.ca_file else []
    found = [pem for path in files + _listing(trust.ca_dir) if (pem := _read(path))]
    if not found:
        raise Unreachable(
            f"No CA certificate is in {trust.ca_file or trust.ca_dir}, so no Hub can be trusted;"
            " put the Hub's there (`surefoot hub ca` prints it)"
        )
    return b"\n".join(found)


def system_roots() -> str:
    """The file of the system's roots. Raises Unreachable when this machine has none."""
    for path in _SYSTEM:
        if Path(path).is_file():
            return path
    raise Unreachable(
        "This machine has no CA certificates, so no Hub can be trusted; install the package"
        " ca-certificates, or name a directory with the Hub's own"
    )


def behind_by(trust: Trust) -> float:
    """Seconds that the wall clock is behind the floor; 0 when it is not."""
    if trust.floor is None:
        return 0.0
    return max(0.0, trust.floor() - time.time())


def clock_now() -> str:
    """The wall clock, for messages."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def _listing(directory: Path | None) -> list[Path]:
    if directory is None or not directory.is_dir():
        return []
    return sorted(directory.iterdir())


def _read(path: Path) -> bytes:
    """Its text when certificates are in it; else nothing: a key or a README beside them."""
    try:
        text = path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""
    return text if _BEGIN in text else b""
