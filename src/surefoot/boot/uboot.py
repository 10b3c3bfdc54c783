"""The text of `boot/uboot.txt`: U-Boot's exported environment (device.md 4). Pure.

`key=value` strings, each ended by NUL; an empty string ends the list. U-Boot reads at most 1024
bytes and stops at the end of the list, so the check sum that we put behind it concerns only us: it
tells a damaged file from a file that names other revisions. Files without one are the reference's.
"""

import zlib
from collections.abc import Mapping
from typing import Final

from surefoot.errors import Corrupt, InvalidInput

MAX_BYTES: Final = 1024
_END: Final = b"\0\0"


def encode(variables: Mapping[str, str]) -> bytes:
    """The file for `variables`, at most MAX_BYTES; an empty value unsets its variable.

    Raises InvalidInput for what the format cannot hold.
    """
    entries = [_entry(key, value) for key, value in variables.items()]
    listed = b"\0".join(entries) + _END
    data = listed + _sum(listed)
    if not entries or len(data) > MAX_BYTES:
        raise InvalidInput(
            f"a boot file of {len(data)} bytes cannot be written (it holds 1 to {MAX_BYTES});"
            " use a shorter revision name"
        )
    return data


def decode(data: bytes) -> dict[str, str]:
    """The variables in `data`, also the empty ones. Raises Corrupt for anything else."""
    listed, end, rest = data[:MAX_BYTES].partition(_END)
    if not end:
        raise Corrupt("the boot file has no end")
    # Zeros behind the list: the reference pads its file to 64 KiB.
    if rest.strip(b"\0") and rest != _sum(listed + end):
        raise Corrupt("the boot file does not match its check sum")
    pairs = [_pair(entry) for entry in listed.split(b"\0")]
    variables = dict(pairs)
    if len(variables) != len(pairs):
        raise Corrupt("the boot file sets a variable twice")
    return variables


def _sum(listed: bytes) -> bytes:
    return b"crc32=%08x\n" % zlib.crc32(listed)


def _entry(key: str, value: str) -> bytes:
    text = f"{key}={value}"
    if not key or "=" in key or not _plain(text):
        raise InvalidInput(f"{text!r} cannot stand in a boot file; use printable ASCII")
    return text.encode("ascii")


def _pair(entry: bytes) -> tuple[str, str]:
    text = entry.decode("latin-1")
    key, equals, value = text.partition("=")
    if not key or not equals or not _plain(text):
        raise Corrupt(f"the boot file holds {text[:40]!r}, which is no key=value")
    return key, value


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()
