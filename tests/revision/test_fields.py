from decimal import Decimal
from enum import StrEnum

import pytest

from surefoot.revision import StateError
from surefoot.revision.fields import Field


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def field(value):
    return Field("app/run.json", value, "a.b")


def fault(read):
    with pytest.raises(StateError) as caught:
        read()
    return caught.value


def test_the_key_is_the_path_and_the_place_inside_the_file():
    groups = Field("device.json", {"groups": [{"timeout": "x"}]}).member("groups")
    timeout = groups.items()[0].member("timeout")
    assert timeout.key == "device.json: groups[0].timeout"
    assert Field("device.json", None).key == "device.json"


def test_a_null_member_is_an_absent_member():
    run = Field("app/run.json", {"group": None})
    assert not run.member("group").present
    assert not run.member("goal").present


def test_an_absent_list_or_object_has_nothing_in_it():
    assert field(None).items() == []
    assert list(field(None).members()) == []


@pytest.mark.parametrize(
    ("read", "value", "result"),
    [
        (Field.text, "x\n", "x\n"),
        (Field.word, "app", "app"),
        (Field.file, "a/b", "a/b"),
        (lambda one: one.choice(Colour), "red", Colour.RED),
        (lambda one: one.one_of(["x"]), "x", "x"),
        (lambda one: one.number(0, 10), 5, 5.0),
        (lambda one: one.number(0, 10), Decimal("0.5"), 0.5),
        (lambda one: one.whole(10), 10, 10),
        (lambda one: [item.value for item in one.items()], [1, 2], [1, 2]),
        (lambda one: one.object(), {"x": 1}, {"x": 1}),
    ],
)
def test_readers_return_what_they_promise(read, value, result):
    assert read(field(value)) == result


@pytest.mark.parametrize(
    ("read", "value", "expected", "found"),
    [
        (Field.text, 3, "a text", "the number 3"),
        (Field.word, "a/b", "a name", '"a/b"'),
        (Field.word, "", "a name", '""'),
        (Field.word, "a\x07", "a name", '"a\\u0007"'),
        (Field.file, "../x", "the name of a file", "a segment that is empty, . or .."),
        (Field.file, None, "a text", "nothing"),
        (lambda one: one.choice(Colour), "green", '"red" or "blue"', '"green"'),
        (lambda one: one.choice(Colour), ["red"], '"red" or "blue"', "a list"),
        (lambda one: one.number(0, 10), "5", "a number", '"5"'),
        (lambda one: one.number(0, 10), True, "a number", "true"),
        (lambda one: one.number(0, 10), 10**400, "a number from 0 to 10", None),
        (lambda one: one.number(0, 10), Decimal("-0.1"), "a number from 0 to 10", None),
        (lambda one: one.whole(10), Decimal("1.5"), "a whole number from 0 to 10", None),
        (lambda one: one.whole(10), True, "a whole number from 0 to 10", "true"),
        (lambda one: one.whole(10), 11, "a whole number from 0 to 10", "the number 11"),
        (Field.items, {}, "a list", "an object"),
        (Field.object, [], "a JSON object", "a list"),
    ],
)
def test_readers_say_what_they_expected_and_found(read, value, expected, found):
    error = fault(lambda: read(field(value)))
    assert error.key == "app/run.json: a.b"
    assert error.expected == expected
    assert found in (None, error.found)
