"""User metadata as texts (hub-wire 3.4; recorded/device-c-user-meta.jsonl)."""

import pytest

from surefoot.device.remote.values import as_texts

VALUES = [
    ("red", "red"),
    ("", ""),
    ("ü\n", "ü\n"),
    (1, "1"),
    (1.5, "1.5"),
    (True, "true"),
    ({"a": 1, "b": ["ü", None]}, '{"a":1,"b":["ü",null]}'),
    ([], "[]"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_text_stays_and_anything_else_is_its_json(value, text):
    assert as_texts({"key": value}) == {"key": text}


def test_a_key_whose_value_is_null_is_not_set():
    assert as_texts({"gone": None, "here": "1"}) == {"here": "1"}
