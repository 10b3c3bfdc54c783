"""Who answers, judged by a clock that is known to be wrong (R23).

libcurl can be given no time, so when the wall clock stands before the floor it cannot judge a
certificate. Then, and only then, the server is asked once with Python's TLS: the chain up to a
trusted root and the host name are verified as ever, only not the times; those are held against the
floor here. What comes out is the sha256 of the server's public key.

Why it is sound to let libcurl go on with that key pinned and nothing else verified: a TLS handshake
proves that the other end holds the private key of its certificate. The probe has shown by a
verified chain that this key belongs to this host name. So whoever completes libcurl's handshake
with the same key is that host, whatever certificate it shows; anybody else is refused. A pin is
kept for one host and port, for minutes, and each redirect is judged on its own.

The floor says what time it is *at least*. A certificate that ended before it has surely expired.
One that begins after it may well be valid by now, and is taken: a device without a battery, flashed
with an image that is older than the Hub's certificate, would otherwise be shut out for ever
(`peers` 3: mender-docs PR#327, jetkvm/kvm#538). And a floor may itself come from a clock that ran
ahead once: what is valid by the wall clock is taken too, or that day would be waited for.
"""

import asyncio
import ssl
import time
from urllib.parse import urlsplit

from surefoot.client.hub import certificate
from surefoot.errors import InvalidInput, Unreachable

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL; Python has no name for it."""


async def key_of(
    url: str, roots: bytes, roots_file: str, floor: float, proxy: tuple[str, int] | None = None
) -> str:
    """The sha256 (base64) of the public key that the server of an https URL has proven. `roots`:
    PEM; when empty those of `roots_file`. `floor`: seconds since 1970.

    Raises Unreachable when nobody answers, or somebody else does.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        chain = await _verified_chain(host, port, _context(roots, roots_file), proxy)
        found = [certificate.read(der) for der in chain]
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, InvalidInput) as error:
        # ValueError: a host that is no name (IDNA), which libcurl only finds not to be there.
        raise Unreachable(f"{host}:{port} does not answer: {error}") from error
    for one in found:
        if one.ends < floor and not one.starts <= time.time() <= one.ends:
            raise Unreachable(
                f"{host}:{port} is not trusted: its certificate expired on {_day(one.ends)}; the"
                f" clock of this machine says {_day(time.time())}, and it is {_day(floor)} at least"
            )
    return found[0].key


def _context(roots: bytes, roots_file: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # chain and host name are verified
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if roots:
        context.load_verify_locations(cadata=roots.decode("ascii"))
    else:
        context.load_verify_locations(cafile=roots_file)
    # As libcurl does: whatever was put among the roots is one, also what others have signed.
    context.verify_flags |= _NO_CHECK_TIME | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


async def _verified_chain(
    host: str, port: int, context: ssl.SSLContext, proxy: tuple[str, int] | None
) -> list[bytes]:
    """The certificates from the server's to the root's, as DER."""
    reader, writer = await asyncio.open_connection(*(proxy or (host, port)))
    try:
        if proxy:
            await _tunnel(reader, writer, f"{host}:{port}")
        await writer.start_tls(context, server_hostname=host)
        return _chain(writer.get_extra_info("ssl_object"))
    finally:
        writer.transport.abort()


async def _tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: str) -> None:
    writer.write(f"CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    words = head.split(b"\r\n")[0].split()
    if len(words) < 2 or words[1] != b"200":
        raise OSError(f"the proxy says {head[:80].decode('latin-1').splitlines()[0]!r}")


def _chain(secured: ssl.SSLObject) -> list[bytes]:
    """Public from Python 3.13 on; before, the same call lies one object deeper. Where there is
    neither this raises: nothing is trusted that was not looked at."""
    if hasattr(secured, "get_verified_chain"):
        return list(secured.get_verified_chain())
    deeper = secured._sslobj.get_verified_chain()  # type: ignore[attr-defined] # noqa: SLF001
    return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in deeper]


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
