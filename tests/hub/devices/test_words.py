"""Words of nicks and challenges."""

import pytest

from surefoot.hub.devices.words import QUALITIES, THINGS


@pytest.mark.parametrize("words", [QUALITIES, THINGS])
def test_there_are_256_different_words_of_each_kind(words):
    assert len(words) == len(set(words)) == 256


def test_words_are_short_and_of_small_letters():
    assert all(word.isascii() and word.isalpha() and word.islower() for word in QUALITIES + THINGS)
    assert max(len(word) for word in QUALITIES + THINGS) <= 10


def test_no_word_is_of_both_kinds():
    assert not set(QUALITIES) & set(THINGS)
