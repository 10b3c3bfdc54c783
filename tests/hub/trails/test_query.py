"""Queries: what is understood, and that everything else is a 400."""

import pytest

from surefoot.hub.frame.problems import Malformed
from surefoot.hub.trails import query
from surefoot.wire.progress import Status

ALL = {str(status) for status in Status}


def test_the_c_devices_query():
    """hub-wire 4.2."""
    text = '{"$in":["NEW","DOWNLOADING","INPROGRESS","TESTING","QUEUED"]}'
    assert set(query.statuses(text)) == {"NEW", "DOWNLOADING", "INPROGRESS", "TESTING", "QUEUED"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NEW", {"NEW"}),
        ("CANCEL", {"CANCELLED"}),
        ("CANCELLED", {"CANCELLED"}),
        ("CANCELED", {"CANCELLED"}),
        ("", set()),
        ("new", set()),
        ('{"$eq":"DONE"}', {"DONE"}),
        ('{"$ne":"DONE"}', ALL - {"DONE"}),
        ('{"$in":["CANCEL","NEW","BANANA"]}', {"CANCELLED", "NEW"}),
        ('{"$in":[]}', set()),
        ('{"$nin":["CANCEL","NEW"]}', ALL - {"CANCELLED", "NEW"}),
        ('{"$nin":["NEW"],"$in":["NEW","DONE"]}', {"DONE"}),
        ('{"$in":[1,null,{"a":[]},["NEW"]]}', set()),
        ('{"$ne":{"$in":["NEW"]}}', ALL),
    ],
)
def test_statuses(text, found):
    assert set(query.statuses(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"$regex":"N"}',
        '{"NEW":1}',
        '{"$in":"NEW"}',
        '{"$nin":{"a":1}}',
        '{"$in":null}',
        '{"a":' * 5000,
    ],
)
def test_what_is_not_understood_is_refused(text):
    with pytest.raises(Malformed):
        query.statuses(text)


def test_an_unknown_operator_is_named_with_those_that_are():
    with pytest.raises(Malformed, match=r"'\$exists'.*\$in"):
        query.statuses('{"$exists":true}')


def test_a_filter_has_a_condition_for_each_key():
    tests = query.filters('{"status":{"$in":["DONE"]},"public":true}')
    assert tests["status"]("DONE")
    assert not tests["status"]("NEW")
    assert tests["public"](True)
    assert not tests["public"](False)


@pytest.mark.parametrize("text", ["", "[]", "7", '"x"', '{"a":{"$gt":1}}'])
def test_a_bad_filter_is_refused(text):
    with pytest.raises(Malformed):
        query.filters(text)
