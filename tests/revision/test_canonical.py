import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.revision import StateError, canonical, read_json
from surefoot.revision.values import EXACT
from tests.revision.states import DATA, EXACT_NUMBERS, JSON_VALUES

RECORDED = json.loads((DATA / "pvr-commit.json").read_text())
PVR_STATE = RECORDED["pvr_json"]


# --- against the real pvr -----------------------------------------------------------------------


def test_what_the_real_pvr_committed_is_canonical():
    assert canonical(read_json(PVR_STATE)) == PVR_STATE


@pytest.mark.parametrize("path", ["app/run.json", "bsp/run.json", "device.json"])
def test_the_files_that_pvr_was_given_become_what_it_committed(path):
    assert f'"{path}":{canonical(read_json(RECORDED["files"][path]))}' in PVR_STATE


def test_numbers_and_escapes_become_what_pvr_committed_but_nothing_is_lost():
    """That pvr dropped a null and rounded 30 digits (recorded/README); the rest is equal."""
    ours = canonical(read_json(RECORDED["files"]["notes/odd.json"]))
    exact = "123456789012345678901234567890,null"
    assert exact in ours
    assert ours.replace(exact, "123456789012345680000000000000") in PVR_STATE


def test_the_state_of_a_real_device_is_canonical():
    text = (DATA / "device-steps-current.json").read_text()
    assert canonical(read_json(text)) == text


# --- by the rules of pvr.md 1.3 -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1.0", "1"),
        ("1e3", "1000"),
        ("-0", "0"),
        ("12e1", "120"),
        ("1.5", "1.5E0"),
        ("0.1", "1.0E-1"),
        ("10.5", "1.05E1"),
        ("0.0012", "1.2E-3"),
        ("-0.5", "-5.0E-1"),
        ("1e-7", "1.0E-7"),
        ("1234567890123456789.5", "1.2345678901234567895E18"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("2.0", "2"),
    ],
)
def test_numbers_have_one_form(number, text):
    assert canonical(read_json(number)) == text
    assert canonical(Decimal(number)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<b>&c", '"<b>&c"'),
        ('"\\', r'"\"\\"'),
        ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
        ("\x00\x0b\x1f", r'"\u0000\u000B\u001F"'),
        ("\\u001f", r'"\\u001f"'),
        ("\\\x1f", r'"\\\u001F"'),
        ("/\x7f\u2028é😀", '"/\x7f\u2028é😀"'),
    ],
)
def test_strings_have_one_form(value, text):
    assert canonical(value) == text


def test_members_are_sorted_by_code_point():
    names = ["\U0001f600", "\uffee", "é", "a", "_", "A", "#"]
    assert list(json.loads(canonical(dict.fromkeys(names)))) == names[::-1]


def test_words_and_empty_things():
    assert canonical([None, True, False, {}, [], ""]) == '[null,true,false,{},[],""]'


@pytest.mark.parametrize("number", ["1E+999999999", "1E-999999999", "NaN", "Infinity"])
def test_a_hostile_number_is_refused_and_not_written_out(number):
    with pytest.raises(StateError):
        canonical(Decimal(number))


def test_a_float_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="read_json"):
        canonical(json.loads("[1.5]"))


# --- properties ---------------------------------------------------------------------------------


@given(JSON_VALUES)
def test_canonical_text_is_read_back_with_the_same_value(value):
    assert read_json(canonical(value)) == value


@given(JSON_VALUES)
def test_canonical_text_is_stable(value):
    text = canonical(value)
    assert canonical(read_json(text)) == text


@given(JSON_VALUES)
def test_blanks_and_order_do_not_matter(value):
    loose = json.dumps(value, indent=2, default=_number_as_text)
    tight = json.dumps(_reversed(value), default=_number_as_text)
    assert canonical(read_json(loose)) == canonical(read_json(tight))


@given(EXACT_NUMBERS, st.integers(-40, 40))
def test_the_form_of_a_number_does_not_matter(number, shift):
    other = f"{Decimal(number).scaleb(-shift, EXACT):f}e{shift}"
    assert canonical(read_json(other)) == canonical(number)


def _number_as_text(number):
    return str(number)


def _reversed(value):
    if isinstance(value, dict):
        return {name: _reversed(value[name]) for name in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value
