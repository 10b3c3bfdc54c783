"""Whom TLS trusts, and what time it is at least (hub-wire.md 12, R23)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from surefoot.client.hub import certificate
from surefoot.errors import Unreachable

# Where distributions keep the system's roots: libcurl's own default is that of its builder.
_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)

Look = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Trust:
    """`ca_dir`: each file in it that holds PEM certificates counts, whatever its name. Without
    directory and file the system's roots are taken. `floor`: seconds since 1970 that have passed
    for certain (R23)."""

    ca_dir: Path | None = None
    ca_file: Path | None = None
    floor: Callable[[], float] | None = None


def roots(trust: Trust) -> bytes:
    """Certificates as PEM, joined, each once; empty for the system's. Raises Unreachable when
    there are none where some should be."""
    if trust.ca_dir is None and trust.ca_file is None:
        return b""
    found = {der: None for path in _files(trust) for der in certificate.in_text(_text(path))}
    if not found:
        raise Unreachable(
            f"No CA certificate is in {trust.ca_file or trust.ca_dir}, so no Hub can be trusted;"
            " put the Hub's there (`surefoot hub ca` prints it)"
        )
    return b"".join(certificate.as_text(der) for der in found)


def look(trust: Trust) -> Look:
    """Differs whenever `roots` may: names, times and sizes of the files."""
    found = []
    for path in _files(trust):
        try:
            status = path.stat()
        except OSError:
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def system_roots() -> str:
    """The file of the system's roots. Raises Unreachable when this machine has none."""
    for path in _SYSTEM:
        if Path(path).is_file():
            return path
    raise Unreachable(
        "This machine has no CA certificates, so no Hub can be trusted; install the package"
        " ca-certificates, or name a directory with the Hub's own"
    )


def is_behind(trust: Trust) -> bool:
    """Whether the wall clock is wrong for certain."""
    return trust.floor is not None and time.time() < trust.floor()


def clock_now() -> str:
    """The wall clock, for messages."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def _files(trust: Trust) -> list[Path]:
    files = [trust.ca_file] if trust.ca_file else []
    if trust.ca_dir is not None and trust.ca_dir.is_dir():
        files += sorted(trust.ca_dir.iterdir())
    return files


def _text(path: Path) -> bytes:
    """Nothing for what cannot be read: other files count all the same."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""
