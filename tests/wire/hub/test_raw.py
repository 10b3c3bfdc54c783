"""The text of parts of JSON, as it stands there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import InvalidInput
from surefoot.wire.hub.raw import Number, as_text, elements, member_text, whole

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(
    st.dictionaries(st.text(max_size=3), VALUES, max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
def test_the_text_of_each_member_is_a_part_of_the_whole(
    members: dict[str, object], indent: int | str | None, plain: bool
) -> None:
    text = json.dumps(members, indent=indent, ensure_ascii=plain)
    for name, value in members.items():
        found = member_text(text, name)
        assert found is not None
        assert found in text
        assert json.loads(found) == value
    assert member_text(text, "not there") is None


@given(st.text(alphabet='{}[]",:\\ tfn0-e\n', max_size=12))
def test_text_of_any_kind_is_read_or_refused(text: str) -> None:
    try:
        member_text(text, "")
    except InvalidInput:
        return
    assert isinstance(json.loads(text), dict)


def test_a_name_that_stands_twice_is_refused() -> None:
    """Which of the two would the signature cover?"""
    with pytest.raises(InvalidInput, match="twice"):
        member_text('{"state":1,"state":2}', "state")


def test_a_name_may_be_written_with_escapes() -> None:
    assert member_text('{"st\\u0061te": [ ] }', "state") == "[ ]"


@pytest.mark.parametrize("text", ['{"a":' + "[" * 100_000, '{"a":' + "9" * 10_000 + "}"])
def test_hostile_text_costs_nothing(text: str) -> None:
    try:
        member_text(text, "a")
    except InvalidInput:
        pass


@given(st.lists(VALUES, max_size=4), st.sampled_from([None, 1]))
def test_the_text_of_each_element_is_a_part_of_the_whole(
    values: list[object], indent: int | None
) -> None:
    found = elements(json.dumps(values, indent=indent))
    assert [json.loads(text) for text in found] == values


@pytest.mark.parametrize("text", ["", "{}", "[", "[1", "[1,", "[1,]", "[,]", "[1]x", "[1 2]"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no JSON"):
        elements(text)


def test_numbers_stay_text_and_are_told_from_it() -> None:
    found = whole(' {"a": 1e3, "b": "1e3", "c": [' + "9" * 5000 + "]} ")
    assert found == {"a": "1e3", "b": "1e3", "c": ["9" * 5000]}
    assert isinstance(found, dict)
    assert [isinstance(found[key], Number) for key in "ab"] == [True, False]


def test_what_is_no_unicode_is_refused() -> None:
    assert as_text("ä") == as_text("ä".encode()) == "ä"
    with pytest.raises(InvalidInput, match="UTF-8"):
        as_text(b"\xff")
