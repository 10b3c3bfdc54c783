"""What each error becomes on the wire."""

import json

import pytest

from surefoot.errors import OUTCOMES, Busy, Conflict, NotFound, SurefootError
from surefoot.hub.db.errors import Taken
from surefoot.hub.frame import problems
from surefoot.hub.frame.problems import (
    STATUS,
    Malformed,
    TooMany,
    Unauthenticated,
    body_of,
    headers_of,
    status_of,
)


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_the_hubs_own_errors_have_their_status(kind, status):
    assert status_of(kind("x")) == status


def test_the_others_keep_theirs():
    assert status_of(Conflict("x")) == status_of(Taken("x")) == 409
    assert status_of(NotFound("x")) == 404
    for kind in OUTCOMES:
        assert 400 <= status_of(kind("x")) < 600


def test_a_body_is_json_whatever_is_in_the_message():
    for text in ("plain", 'a "quote"\n', "\ud800", "\x00", "ä" * 1000):
        body = json.loads(body_of(SurefootError(text), 500))
        assert list(body) == ["incident", "error", "code"]
        assert body["code"] == 500


def test_only_who_must_log_in_is_told_where_and_only_who_must_wait_how_long():
    found = headers_of(Unauthenticated("x"), "http://hub.test/auth")
    challenge = 'JWT realm="pantahub services", ph-aeps="http://hub.test/auth"'
    assert found == {"WWW-Authenticate": challenge}
    assert headers_of(TooMany("x", 9), "") == headers_of(Busy("x", 9), "") == {"Retry-After": "9"}
    assert headers_of(Malformed("x"), "") == {}


def test_every_type_of_this_module_is_in_the_table():
    made = [value for value in vars(problems).values() if isinstance(value, type)]
    ours = [kind for kind in made if kind.__module__ == problems.__name__]
    assert set(ours) <= set(STATUS)
