"""Three facts out of an X.509 certificate (RFC 5280, section 4.1): when it is valid, and its key.

The agent has no library for it: `cryptography` would cost 11 MiB. Only what TLS has verified
already, or what is to be offered to TLS as a root, is read here.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from surefoot.errors import InvalidInput

_SEQUENCE, _INTEGER, _VERSION = 0x30, 0x02, 0xA0
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Certificate:
    """`starts`, `ends`: seconds since 1970. `key`: base64 of the sha256 of its public key
    (SubjectPublicKeyInfo), as in `pin-sha256` of RFC 7469."""

    starts: float
    ends: float
    key: str


def read(der: bytes) -> Certificate:
    """Raises InvalidInput."""
    try:
        return _read(der)
    except (IndexError, ValueError) as error:
        raise InvalidInput(f"This is no certificate ({error})") from error


def in_text(text: bytes) -> Iterator[bytes]:
    """The DER of every certificate in PEM text that can be read; keys, comments and broken ones
    are passed over, so that one bad file spoils no other."""
    for found in _PEM.finditer(text):
        try:
            der = base64.b64decode(b"".join(found[1].split()), validate=True)
            read(der)
        except (InvalidInput, binascii.Error):
            continue
        yield der


def as_text(der: bytes) -> bytes:
    """PEM."""
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def _read(der: bytes) -> Certificate:
    outer = _Reader(der).inside(_SEQUENCE)
    fields = outer.inside(_SEQUENCE)
    if fields.tag() == _VERSION:
        fields.skip(_VERSION)
    fields.skip(_INTEGER)  # serial number
    fields.skip(_SEQUENCE)  # algorithm
    fields.skip(_SEQUENCE)  # issuer
    times = fields.inside(_SEQUENCE)
    starts, ends = times.time(), times.time()
    fields.skip(_SEQUENCE)  # subject
    key = hashlib.sha256(fields.skip(_SEQUENCE)).digest()
    return Certificate(starts, ends, base64.b64encode(key).decode())


class _Reader:
    """DER values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def tag(self) -> int:
        return self._data[self._at]

    def skip(self, tag: int) -> bytes:
        """The whole value, with its tag and length."""
        begin = self._at
        self._content(tag)
        return self._data[begin : self._at]

    def inside(self, tag: int) -> "_Reader":
        return _Reader(self._content(tag))

    def time(self) -> float:
        is_short = self.tag() == _UTC_TIME
        text = self._content(_UTC_TIME if is_short else _GENERAL_TIME).decode("ascii")
        if is_short:
            text = ("19" if text >= "50" else "20") + text
        return datetime.strptime(f"{text}+0000", "%Y%m%d%H%M%SZ%z").timestamp()

    def _content(self, tag: int) -> bytes:
        if self.tag() != tag:
            raise ValueError(f"tag {self.tag():#x} where {tag:#x} must be")
        size = self._data[self._at + 1]
        begin = self._at + 2
        if size >= 0x80:
            digits = size - 0x80
            size = int.from_bytes(self._data[begin : begin + digits], "big")
            begin += digits
        end = begin + size
        if end > len(self._data):
            raise ValueError("it is cut")
        self._at = end
        return self._data[begin:end]
