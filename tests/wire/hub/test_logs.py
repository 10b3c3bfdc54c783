"""Bodies of logs (hub-wire 9)."""

import json

from surefoot.wire.hub import logs
from surefoot.wire.hub.logs import LogEntry

ENTRY = LogEntry(
    id=26,
    device="prn:::devices:/5f3e9c0a1b2c3d4e5f607182",
    owner="prn:::accounts:/5f3e9c0a1b2c3d4e5f600001",
    created="2026-11-24T06:00:00.000000Z",
    tsec=0,
    tnano=0,
    lvl="INFO",
    src="/pantavisor.log",
    plat="pantavisor",
    rev="0",
    msg="é \t ok",
)


def test_a_page_has_its_entries_and_says_where_to_go_on():
    body = json.loads(logs.page([ENTRY], 5, 50, "c1"))
    assert list(body) == ["start", "page", "count", "next-cursor", "entries"]
    assert (body["start"], body["page"], body["count"], body["next-cursor"]) == (5, 50, 1, "c1")
    assert body["entries"] == [
        {
            "id": "00000000000000000000001a",
            "dev": "prn:::devices:/5f3e9c0a1b2c3d4e5f607182",
            "own": "prn:::accounts:/5f3e9c0a1b2c3d4e5f600001",
            "time-created": "2026-11-24T06:00:00.000000Z",
            "tsec": 0,
            "tnano": 0,
            "lvl": "INFO",
            "src": "/pantavisor.log",
            "plat": "pantavisor",
            "rev": "0",
            "msg": "é \t ok",
        }
    ]


def test_a_page_without_entries_or_a_cursor_says_so():
    assert json.loads(logs.page([], 0, 50, "")) == {
        "start": 0,
        "page": 50,
        "count": 0,
        "entries": [],
    }
