"""Lines of several devices in one order; and readers by whole seconds."""

import pytest

from surefoot.hub.frame.call import now
from surefoot.hub.logs import reading
from surefoot.hub.logs.query import SECOND
from tests.hub.logs.tellers import Teller, line


@pytest.fixture
def other(world, ada):
    return Teller(world, *world.device(ada.token))


def test_lines_of_all_devices_are_merged(ada, gateway, other):
    for number in range(4):
        (gateway if number % 2 else other).tell(f"{number}a", f"{number}b")
    told = [f"{number}{letter}" for number in range(4) for letter in "ab"]
    assert ada.read(sort="time-created") == told
    assert ada.read() == told[::-1]
    assert ada.read(sort="time-created", start=3, page=2) == told[3:5]
    assert ada.read(sort="time-created", page=3) == told[:3]


def test_other_orders_are_merged_too(ada, gateway, other):
    gateway.tell(line("x", rev="2"), line("y", rev="1", tsec=5))
    other.tell(line("z", rev="1", tsec=7), line("w", rev="3"))
    assert ada.read(sort="rev,-tsec") == ["z", "y", "x", "w"]
    assert ada.read(sort="-rev,tsec") == ["w", "x", "y", "z"]
    assert len(set(ada.read(sort="dev"))) == 4


def test_a_cursor_goes_through_lines_of_all_devices_once(ada, gateway, other):
    for number in range(5):
        gateway.tell(f"g{number}")
        other.tell(*[f"o{number}{letter}" for letter in "ab"])
    page = ada.page(sort="time-created", cursor="true", page=4, start=1)
    read = [entry["msg"] for entry in page["entries"]]
    while page["entries"]:
        page = ada.on(page["next-cursor"])
        read += [entry["msg"] for entry in page["entries"]]
    assert read == ada.read(sort="time-created", page=100)[1:]


def test_a_reader_by_whole_seconds_sees_no_line_twice_and_misses_none(ada, gateway):
    """As `pvr device logs` reads: on from the last time that it saw, without its fraction."""
    after, read = "2020-01-01T00:00:00Z", []
    for msg in ("first", "second"):
        gateway.tell(msg)
        page = ada.page(after=after, cursor="true", page="3000", sort="time-created")
        while page["entries"]:
            read += [entry["msg"] for entry in page["entries"]]
            after = page["entries"][-1]["time-created"].partition(".")[0] + "Z"
            if len(read) % 2:
                gateway.tell(f"while {msg} was read")
            page = ada.on(page["next-cursor"])
    assert read == ["first", "while first was read", "second", "while second was read"]


def test_he_gets_lines_of_a_second_that_is_over_at_once(ada, gateway, monkeypatch):
    gateway.tell("old")
    later = now() + 3 * SECOND
    monkeypatch.setattr(reading, "now", lambda: later)
    page = ada.page(after="2020-01-01T00:00:00Z", cursor="true", sort="time-created")
    assert [entry["msg"] for entry in page["entries"]] == ["old"]


def test_he_waits_for_nothing_when_there_is_nothing(ada, monkeypatch):
    async def never():
        raise AssertionError("there is nothing to wait for")

    monkeypatch.setattr(reading, "_next_second", never)
    page = ada.page(after="2020-01-01T00:00:00Z", cursor="true", sort="time-created")
    assert page["entries"] == []
    assert page["next-cursor"]


def test_a_page_of_long_lines_is_shorter_than_asked_for(ada, gateway, other, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_PAGE", 3 * (reading.HEAD_SIZE + 100))
    told = [f"{number}".ljust(100, "x") for number in range(8)]
    for number, msg in enumerate(told):
        (gateway if number % 2 else other).tell(msg)
    page = ada.page(sort="time-created", page=1000)
    assert (page["count"], [entry["msg"] for entry in page["entries"]]) == (3, told[:3])
    assert ada.read(sort="time-created", page=1000, start=6) == told[6:]
    page, read = ada.page(sort="time-created", page=1000, cursor="true"), []
    while page["entries"]:
        read += [entry["msg"] for entry in page["entries"]]
        page = ada.on(page["next-cursor"])
    assert read == told


def test_a_line_that_is_longer_than_a_page_is_told_alone(ada, gateway, monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_PAGE", 10)
    gateway.tell("a" * 100, "b" * 100)
    assert ada.read(sort="time-created") == ["a" * 100]
