from decimal import Decimal

import pytest

from surefoot.revision.values import EXACT, is_integer, is_sha256


@pytest.mark.parametrize("text", ["a" * 64, "0123456789abcdef" * 4])
def test_a_sha256_is_64_lower_case_hex_digits(text):
    assert is_sha256(text)


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_other_texts_are_no_sha256(text):
    assert not is_sha256(text)


@pytest.mark.parametrize(("text", "expected"), [("1e3", True), ("0", True), ("1.50", False)])
def test_an_integer_has_no_fractional_part(text, expected):
    assert is_integer(Decimal(text).normalize(EXACT)) is expected
