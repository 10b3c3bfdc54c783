"""Certificates are read as another implementation writes them."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from surefoot.client.hub import certificate
from surefoot.errors import InvalidInput
from tests.support.certificates import sign

YEAR = 365.25 * 86400
CA = sign("CA", 0, 200 * YEAR, is_ca=True)


@pytest.mark.parametrize(
    ("starts", "ends"), [(0, 10 * YEAR // 1), (1_000_000_000, 1_900_000_000), (0, 253402300799)]
)
def test_its_times_and_its_key_are_read(starts: float, ends: float) -> None:
    made = sign("localhost", starts, ends, by=CA)
    spki = made.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    found = certificate.read(made.der)
    assert (found.starts, found.ends) == (starts, ends)
    assert found.key == base64.b64encode(hashlib.sha256(spki).digest()).decode()


def test_what_is_cut_anywhere_is_no_certificate() -> None:
    for size in range(len(CA.der)):
        with pytest.raises(InvalidInput):
            certificate.read(CA.der[:size])


@given(st.binary(max_size=100))
def test_bytes_of_any_kind_are_no_certificate(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        certificate.read(data)


@given(st.integers(0, len(CA.der) - 1), st.integers(0, 255))
def test_a_spoilt_byte_is_no_accident(at: int, value: int) -> None:
    data = bytearray(CA.der)
    data[at] = value
    try:
        certificate.read(bytes(data))
    except InvalidInput:
        pass


def test_all_of_a_text_are_found_whatever_stands_around_them() -> None:
    other = sign("other", 0, YEAR, is_ca=True)
    broken = CA.pem.replace(b"M", b"N", 3)
    text = b"Subject: \xff\n" + CA.pem + CA.key_pem + broken + other.pem.replace(b"\n", b"\r\n")
    assert list(certificate.in_text(text)) == [CA.der, other.der]
    assert (
        list(certificate.in_text(b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----")) == []
    )


def test_text_and_bytes_are_the_same() -> None:
    assert list(certificate.in_text(certificate.as_text(CA.der))) == [CA.der]
