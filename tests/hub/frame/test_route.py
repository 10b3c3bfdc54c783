"""The rows of the API are what `frame/` takes them for."""

import inspect
import re

from surefoot.hub.frame.app import ADMITTED
from surefoot.hub.frame.route import Access
from surefoot.hub.routes import ROUTES

PART = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


def test_every_access_says_whom_it_admits():
    assert set(ADMITTED) == set(Access)


def test_no_two_rows_are_the_same():
    keys = [(row.method, PART.sub("{}", row.path)) for row in ROUTES]
    assert len(keys) == len(set(keys))


def test_every_row_is_whole():
    for row in ROUTES:
        assert row.method in METHODS, row
        assert row.path.startswith("/"), row
        assert row.path == "/" or not row.path.endswith("/"), row
        assert row.summary, row
        assert row.summary[0].isupper(), row
        assert not row.summary.endswith("."), row
        assert inspect.iscoroutinefunction(row.handler), row
        assert row.max_body > 0, row
