"""Points a device at a Hub: where it is, whom to trust, and how to be owned at once.

Written where the reference's agent reads the same (hub-wire 12); it counts from the next start on.
"""

from pathlib import Path
from urllib.parse import urlsplit

from surefoot.device.config_edit import change
from surefoot.device.remote import credentials
from surefoot.device.storage import Storage
from surefoot.errors import Conflict, InvalidInput, NotFound
from surefoot.files import durable
from surefoot.files.objects import contents

HUB_KEYS = ("PH_CREDS_HOST", "PH_CREDS_PORT", "PH_FACTORY_AUTOTOK")
CERTS_KEY = "PV_LIBTHTTP_CERTSDIR"
# `/storage` is the device's own storage, wherever that is (config.md).
CERTS = "/storage/certs"
_PEM = b"-----BEGIN CERTIFICATE-----"


def join(storage: Storage, url: str, ca: Path | None = None, token: str = "") -> str:
    """The device will speak to the Hub at `url`; gives host and port. `ca`: a PEM file of whom to
    trust; without it what is in the directory that PV_LIBTHTTP_CERTSDIR names. `token`: an
    auto-join token.

    Raises NotFound for what is no device, Conflict for one that a Hub knows already, InvalidInput,
    NoRoom.
    """
    if not storage.trails.is_dir():
        raise NotFound(f"{storage.root} is no device; make one with `surefoot device create`")
    host, port = _address(url)
    if credentials.is_settled(storage):
        raise Conflict("This device is owned at a Hub; `surefoot ctl unclaim` gives it up first")
    certs = {} if ca is None else {CERTS_KEY: _trust(storage, ca)}
    change(storage, storage.config / "pantavisor.config", (CERTS_KEY,), certs)
    values = {"PH_CREDS_HOST": host, "PH_CREDS_PORT": str(port)}
    values |= {"PH_FACTORY_AUTOTOK": token} if token else {}
    # Whoever the device was at another Hub, it is nobody at this one.
    drop = (*HUB_KEYS, *credentials.OURS)
    change(storage, storage.config / "pantahub.config", drop, values)
    return f"{host}:{port}"


def _address(url: str) -> tuple[str, int]:
    """`https://HOST[:PORT]`, or HOST[:PORT]; 443 unless told."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host, port = parts.hostname, parts.port or 443
    except ValueError as error:
        raise InvalidInput(f"{url} is no address of a Hub: {error}") from error
    if parts.scheme != "https":
        raise InvalidInput(f"{url} is not https: a device speaks TLS to its Hub and nothing else")
    if not host or parts.path.strip("/") or not host.isprintable():
        raise InvalidInput(f"{url} is no address of a Hub; write https://HOST[:PORT]")
    return host, port


def _trust(storage: Storage, ca: Path) -> str:
    text = contents(ca)
    if _PEM not in text:
        raise InvalidInput(f"{ca} holds no certificate in PEM (`surefoot hub ca` prints the Hub's)")
    directory = storage.root / "certs"
    durable.make_dirs(directory)
    durable.write(directory / "hub.pem", text)
    return CERTS
