"""From the query of a list to conditions."""

import pytest

from surefoot.hub.devices import filters
from surefoot.hub.devices.filters import Page
from surefoot.hub.devices.store import CONDITIONS, Match
from surefoot.hub.frame.problems import Malformed

ID = "5f3e9c0a1b2c3d4e5f607182"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, []),
        ({"nick": ""}, []),
        ({"nick": "gw1"}, [("nick", Match.IS, "gw1")]),
        ({"nick": "!gw1"}, [("nick", Match.IS_NOT, "gw1")]),
        ({"nick": "^gw"}, [("nick", Match.BEGINS, "gw")]),
        ({"nick": "^"}, [("nick", Match.BEGINS, "")]),
        ({"prn": f"prn:::devices:/{ID}"}, [("id", Match.IS, ID)]),
        ({"prn": f"!prn:::devices:/{ID}"}, [("id", Match.IS_NOT, ID)]),
        ({"id": f"^{ID[:8]}"}, [("id", Match.BEGINS, ID[:8])]),
        ({"public": "true"}, [("public", Match.IS, 1)]),
        ({"public": "!true"}, [("public", Match.IS_NOT, 1)]),
        ({"owner-nick": "ada", "owner": "prn"}, []),
        ({"nick": "^g", "owner-nick": ""}, [("nick", Match.BEGINS, "g")]),
    ],
)
def test_a_query_becomes_conditions(query, wanted):
    assert filters.conditions(query) == wanted
    assert all((key, match) in CONDITIONS for key, match, _ in filters.conditions(query))


@pytest.mark.parametrize(
    "query", [{"colour": "red"}, {"secret": "x"}, {"public": "maybe"}, {"public": "^t"}]
)
def test_a_query_that_means_nothing_is_malformed(query):
    with pytest.raises(Malformed):
        filters.conditions(query)


def test_a_page_has_a_size_and_an_offset():
    assert filters.page({}) == Page(filters.PAGE_MAX, 0)
    assert filters.page({"page[size]": "5", "page[offset]": "10"}) == Page(5, 10)
    assert filters.page({"page[size]": "9" * 9}) == Page(filters.PAGE_MAX, 0)


@pytest.mark.parametrize("text", ["", "-1", "x", "1.5", "9" * 40, "\u0661"])
def test_a_page_is_made_of_plain_numbers(text):
    with pytest.raises(Malformed):
        filters.page({"page[offset]": text})
