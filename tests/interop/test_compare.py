"""The comparison itself sees a field that is missing, wrong, or hidden from the C device."""

import json

import pytest

from tests.interop.compare import Compared, compare
from tests.interop.read_table import READ, REFUSED, Kind, Row, Shape
from tests.interop.recordings import Exchange
from tests.support.hub_process import Answer

BASE = "https://localhost:1"
STEP = {"rev": 1, "progress": {"status": "NEW"}, "commit-msg": "m", "state": {"a": 1}}


def complaints(row, said, recorded, client="device", headers=None, blob=b""):
    """Of a body said and a body recorded, as values or texts."""
    texts = [
        value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for value in (said, recorded)
    ]
    exchange = Exchange(0, "GET / HTTP/1.1", [], "", 200, {"x-there": "1"}, texts[1], 1)
    answer = Answer(200, headers or {}, texts[0].encode())
    return list(compare(Compared(client, exchange, answer, texts[1], BASE), row, frozenset(), blob))


def row(client, request):
    return READ[client][request]


def test_an_equal_answer_is_no_complaint():
    assert complaints(row("device", "GET /trails/[^/]+/steps"), [STEP], [STEP]) == []


@pytest.mark.parametrize(
    "other",
    [
        {"rev": 2},
        {"rev": "1"},
        {"commit-msg": "n"},
        {"state": {"a": 2}},
        {"progress": {"status": "DONE"}},
        {"progress": {}},
    ],
)
def test_another_value_is_seen(other):
    found = complaints(row("device", "GET /trails/[^/]+/steps"), [{**STEP, **other}], [STEP])
    assert found


def test_a_missing_field_is_seen():
    said = {key: value for key, value in STEP.items() if key != "rev"}
    found = complaints(row("device", "GET /trails/[^/]+/steps"), [said], [STEP])
    assert any("rev is not there" in text for text in found)


def test_blanks_in_a_state_are_seen():
    said = json.dumps([STEP]).replace('{"a": 1}', '{"a" : 1}')
    assert complaints(row("device", "GET /trails/[^/]+/steps"), said, [STEP])


def test_a_step_where_none_was_is_seen_and_the_reverse():
    steps = row("device", "GET /trails/[^/]+/steps")
    assert complaints(steps, [STEP], []) == ["1 elements, wanted 0"]
    assert complaints(steps, [], [STEP]) == ["0 elements, wanted 1"]


def test_an_order_that_misleads_the_device_is_seen_and_no_concern_of_pvr():
    said = {"commit-msg": "rev", "x": "y", **{k: STEP[k] for k in ("rev", "progress", "state")}}
    wanted = {**STEP, "commit-msg": "rev"}
    found = complaints(row("device", "GET /trails/[^/]+/steps"), [said], [wanted])
    assert found == ["the device reads 'x' for rev, which is 1"]
    assert complaints(Row(Shape.FIRST, {"rev": Kind.SAME}), [said], [wanted], "pvr") == []


@pytest.mark.parametrize(
    "url",
    ["https://localhost:1/x?token=1", "http://localhost:1/x", "https://else.where/x", "", None],
)
def test_a_download_url_that_the_device_cannot_use_is_seen(url):
    only = Row(Shape.OBJECT, {"signed-geturl": Kind.GET_URL})
    assert complaints(only, {"signed-geturl": url}, {})
    assert complaints(only, {"signed-geturl": f"{BASE}/x"}, {}) == []


def test_an_upload_url_without_its_mark_is_seen():
    only = Row(Shape.OBJECT, {"signed-puturl": Kind.PUT_URL})
    assert complaints(only, {"signed-puturl": f"{BASE}/upload/x"}, {})
    assert complaints(only, {"signed-puturl": f"{BASE}/local-s3/x"}, {}) == []


@pytest.mark.parametrize(
    "said", [{"token": "t", "token_type": "bearer"}, {"token": ""}, {}, {"token": "t" * 1000}]
)
def test_a_login_that_misleads_the_device_is_seen(said):
    assert complaints(Row(Shape.TOKEN), said, {})


def test_nothing_but_json_is_no_answer():
    assert complaints(Row(Shape.STATUS), "ok", "")
    assert complaints(Row(Shape.STATUS), "", "") == []


def test_other_bytes_and_another_length_are_seen():
    length = {"content-length": "3"}
    assert complaints(Row(Shape.BLOB), "abc", "", headers=length, blob=b"abc") == []
    assert complaints(Row(Shape.BLOB), "abd", "", headers=length, blob=b"abc")
    assert complaints(Row(Shape.BLOB), "abc", "", blob=b"abc")


def test_another_way_to_log_in_is_seen():
    good = {"www-authenticate": f'JWT realm="pantahub services", ph-aeps="{BASE}/auth"'}
    assert complaints(REFUSED, {}, {}, "pvr", good) == []
    assert complaints(REFUSED, {}, {}, "pvr", {"www-authenticate": "Bearer"})
    assert complaints(REFUSED, {}, {}, "pvr")


def test_a_recorded_header_that_ours_lacks_is_seen():
    only = Row(Shape.STATUS, headers={"x-there": Kind.TEXT})
    assert complaints(only, {}, {}) == ["no x-there"]


def test_elements_are_compared_each_with_its_own_in_any_order():
    only = Row(Shape.OBJECT, {"*.size": Kind.SAME})
    one, two = {"objectname": "a", "size": "1"}, {"objectname": "b", "size": "2"}
    assert complaints(only, [two, one], [one, two]) == []
    assert complaints(only, [one], [one, two]) == ["1 of *.size, wanted 2"]
    assert complaints(only, [one, {**two, "size": 2}], [one, two]) == ["1.size is 2, wanted '2'"]


def test_null_and_nothing_are_told_apart():
    only = Row(Shape.OBJECT, {"challenge": Kind.NOT_EMPTY, "logs": Kind.NOT_NULL})
    assert complaints(only, {}, {}) == []
    assert complaints(only, {"logs": ""}, {}) == []
    assert len(complaints(only, {"challenge": "", "logs": None}, {})) == 2
