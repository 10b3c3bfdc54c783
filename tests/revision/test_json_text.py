import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.revision import LIMITS, Limits, StateError, canonical, read_json
from tests.revision.states import JSON_VALUES


def fault(text, limits=LIMITS):
    with pytest.raises(StateError) as caught:
        read_json(text, limits)
    return caught.value


# --- values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1.0", 1),
        ("1e3", 1000),
        ("-0", 0),
        ("-0.0", 0),
        ("12e1", 120),
        ("0e99999", 0),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("0.1", Decimal("0.1")),
        ("-1.50", Decimal("-1.5")),
        ("0.12345678901234567890123456789012345", Decimal("0.12345678901234567890123456789012345")),
    ],
)
def test_numbers_keep_their_exact_value(text, value):
    found = read_json(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"\udc00x"', "\ufffdx"),
        (r'"\ud800\ud800"', "\ufffd\ufffd"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud800\ud83d\ude00"', "\ufffd😀"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
    ],
)
def test_lone_surrogates_become_the_replacement_character(text, value):
    """pvr.md 1.3."""
    assert read_json(text) == value


@given(JSON_VALUES)
def test_what_the_standard_library_writes_is_read_with_the_same_value(value):
    text = json.dumps(value, default=lambda number: {"decimal": str(number)})
    assert read_json(text) == json.loads(text)


def test_bytes_and_text_are_read_alike():
    assert read_json('{"é":"😀"}'.encode()) == read_json('{"é":"😀"}') == {"é": "😀"}


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", " ", "{", "[1,", '{"a":}', '"\x01"', "1 2", "\ufeff{}", "{'a':1}"]
)
def test_text_that_is_no_json_says_where_it_stops_being_json(text):
    error = fault(text)
    assert error.expected == "JSON"
    assert "line 1, column" in error.found


@pytest.mark.parametrize("data", [b"\xff", b'"\xed\xa0\x80"', b'{"a":"\xc3"}'])
def test_bytes_that_are_no_utf8_are_refused(data):
    assert fault(data).expected == "UTF-8"


def test_text_with_half_a_character_is_refused():
    assert fault('"\ud800"').expected == "UTF-8"


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_numbers_are_finite(name):
    error = fault(f'{{"a.json":[{name}]}}')
    assert (error.key, error.found) == ("a.json", name)


@pytest.mark.parametrize(
    "number",
    [
        "1e999999999",
        "-1e999999999",
        "1e-999999999",
        "1e99999999999999999999999999",
        "0e99999999999999999999999999",
        "1.5e1001",
        "1" * 1001,
        "1" * 10_000,
        "0." + "1" * 1000,
    ],
)
def test_huge_numbers_are_refused_by_the_path_that_holds_them(number):
    error = fault(f'{{"a.json":{{"x":[{number}]}}}}')
    assert error.key == "a.json"
    assert error.expected == "a number of at most 1000 digits"


def test_many_large_numbers_cannot_fill_the_memory():
    limits = Limits(max_bytes=10_000)
    assert fault(f'{{"a.json":[{",".join(["1e900"] * 20)}]}}', limits).found == "too many of them"


def test_a_repeated_path_is_named():
    error = fault('{"a":1,"b":2,"a":3}')
    assert (error.key, error.expected, error.found) == ("a", "this name once", "it twice")


def test_a_repeated_name_inside_a_file_is_named_with_the_file():
    assert fault('{"a.json":[{"x":{"y":1,"y":1}}]}').key == "a.json: y"


def test_names_that_become_equal_on_reading_are_repeated_names():
    assert fault(r'{"\ud800":1,"\udfff":2}').key == "\ufffd"


def test_many_names_with_one_repeated_are_judged_quickly():
    text = "{" + ",".join(f'"{n}":1' for n in range(100_000)) + ',"99999":1}'
    assert fault(text).key == "99999"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [32, 500, 5_000, 100_000])
def test_deep_nesting_is_an_error_like_any_other(opening, closing, depth):
    text = f'{{"x.json":{opening * depth}1{closing * depth}}}'
    assert "levels of nesting" in fault(text).expected


def test_the_deepest_nesting_allowed_is_read_and_written():
    text = f'{{"x.json":{"[" * 31}1{"]" * 31}}}'
    assert canonical(read_json(text)) == text


def test_a_bad_value_at_the_deepest_level_is_not_missed():
    assert fault(f'{{"x.json":{"[" * 31}NaN{"]" * 31}}}').found == "NaN"


def test_too_many_values_are_refused_before_they_are_read():
    assert fault("[" * 600_000).expected == "at most 500000 values"


@given(st.text() | st.binary())
def test_any_text_is_read_or_refused_with_a_reason(text):
    with suppress(StateError):
        read_json(text)


@given(JSON_VALUES, st.data())
def test_a_damaged_text_is_read_or_refused_with_a_reason(value, data):
    text = canonical(value)
    place = data.draw(st.integers(0, len(text)))
    with suppress(StateError):
        read_json(text[:place] + data.draw(st.text(max_size=2)) + text[place + 1 :])
