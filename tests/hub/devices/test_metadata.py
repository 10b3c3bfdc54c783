"""What may be metadata, and how it changes."""

import json

import pytest

from surefoot.errors import InvalidInput
from surefoot.hub.devices import metadata
from surefoot.hub.frame.call import decode
from surefoot.hub.frame.problems import Malformed, TooLarge

MOST = 1000


def text_of(body, most=MOST):
    return metadata.replaced(metadata.parse(body), most)


def nested(depth):
    return b'{"a":' + b"[" * depth + b"]" * depth + b"}"


def test_values_keep_their_text_but_not_their_blanks():
    body = b'{ "a": 1.0, "b": [1,\n 2],\t"c": 123456789012345678901234567890, "d": "x  y" }'
    assert text_of(body) == '{"a":1.0,"b":[1,2],"c":123456789012345678901234567890,"d":"x  y"}'


def test_keys_with_dots_stay_plain():
    """hub-wire 3.4."""
    assert text_of(b'{"pantavisor.revision":"7"}') == '{"pantavisor.revision":"7"}'


def test_text_of_all_languages_stays():
    body = '{"Gr\u00fc\u00dfe":"\\u00fc \U0001f990 \\"q\\" \\u0000"}'.encode()
    assert json.loads(text_of(body)) == json.loads(body)


def test_a_key_that_is_null_is_not_kept():
    assert text_of(b'{"a": null ,"b":{"c":null}}') == '{"b":{"c":null}}'


def test_a_patch_sets_some_keys_and_takes_others_away():
    patch = metadata.parse(b'{"b":null,"c":3,"d":{"e":1}}')
    assert metadata.merged('{"a":1,"b":2,"c":2}', patch, MOST) == '{"a":1,"c":3,"d":{"e":1}}'


def test_a_patch_is_echoed_with_its_nulls():
    assert metadata.echo(metadata.parse(b'{"gone":null, "k":"v"}')) == b'{"gone":null,"k":"v"}'


def test_of_a_key_that_stands_twice_the_last_counts():
    assert text_of(b'{"a":1,"a":2}') == '{"a":2}'


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"a"', b"{", b"{}{}", b'{"a":}', b'{"a":1e999}', b'{"a":"\xff"}',
     b'{"\xff":1}', b'{"a":"\\ud800"}', b'{"a":"\x01"}', b"{1:2}", b"\xef\xbb\xbf{}",
     b'{"a":NaN}', b'{"a":' + b"9" * 5000 + b"}", nested(60_000), b'{"a":' * 60_000],
)  # fmt: skip
def test_what_is_no_object_of_sound_values_is_malformed(body):
    with pytest.raises(Malformed):
        metadata.parse(body)


@pytest.mark.parametrize("body", [b'{"a":' + b"9" * 300 + b"}", b'{"a":-0.0,"b":1E2}'])
def test_numbers_are_kept_as_they_were_written(body):
    assert text_of(body).encode() == body


def test_metadata_may_be_nested_32_deep():
    assert text_of(nested(31))
    with pytest.raises(InvalidInput):
        metadata.parse(nested(33))


def test_the_whole_is_bounded_not_only_the_body():
    before = json.dumps({"a": "x" * 900})
    patch = metadata.parse(json.dumps({"b": "x" * 900}).encode())
    with pytest.raises(TooLarge):
        metadata.merged(before, patch, MOST)
    with pytest.raises(TooLarge):
        metadata.replaced(patch, 100)


def test_a_member_that_is_missing_leaves_what_was():
    assert metadata.member(None, '{"a":1}', MOST) == '{"a":1}'
    assert metadata.first(None) == "{}"


def test_a_member_takes_the_place_of_what_was():
    given = decode(b'{ "b": [2, 3], "c": null }', metadata.Member)
    assert metadata.member(given, '{"a":1}', MOST) == metadata.first(given) == '{"b":[2,3]}'


@pytest.mark.parametrize("body", [b'{"a":"\xff"}', b'{"a":1e999}', nested(500)])
def test_a_member_is_looked_into_as_well(body):
    with pytest.raises(InvalidInput):
        metadata.first(decode(body, metadata.Member))
