"""Rows of logs, on a database without a Hub around it."""

import asyncio
import itertools
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from surefoot.hub.db.errors import Orphan
from surefoot.hub.db.sqlite import SqliteDatabase
from surefoot.hub.logs import store
from surefoot.hub.logs.lines import Line
from surefoot.hub.logs.query import NEWEST_FIRST, SECOND, Column, Order, Query

OLDEST_FIRST = (Order(Column.CREATED),)
LINE = Line("hello", 1, 2, "INFO", "/pantavisor.log", "pantavisor", "3")
ALL = Query(sort=OLDEST_FIRST, page=10_000)


def on_rows(work):
    """What `work(database)` returns; there are two devices of one owner, d1 and d2."""

    async def run(place):
        database = SqliteDatabase(Path(place) / "hub.db")
        try:
            await database.migrate()
            await database.run(
                "INSERT INTO accounts (id, nick, password, created, modified)"
                " VALUES ('ada', 'ada', 'x', 0, 0)"
            )
            for id in ("d2", "d1"):
                await database.run(
                    "INSERT INTO devices (id, nick, owner, secret, created, modified)"
                    " VALUES (?, ?, 'ada', 'x', 0, 0)",
                    *(id, id),
                )
            return await work(database)
        finally:
            await database.close()

    with tempfile.TemporaryDirectory() as place:
        return asyncio.run(run(place))


async def told(db, *lines, at=SECOND, device="d1", most=1000):
    async with db.transaction() as tx:
        await store.append(tx, device, lines, at, most)


async def found(db, query=ALL, position=(), before=None, device="d1"):
    return await store.whole(db, await store.find(db, device, query, position, before))


def said(*msgs):
    return [Line(msg) for msg in msgs]


def test_lines_come_back_as_they_were_told():
    async def work(db):
        await told(db, LINE, LINE)
        return await found(db)

    one, same = on_rows(work)
    assert one == store.Stored(
        one.id, "d1", SECOND, 1, 2, "INFO", "/pantavisor.log", "pantavisor", "3", "hello"
    )
    assert same == replace(one, id=one.id + 1)


def test_the_lines_of_a_device_that_goes_are_forgotten_and_no_others(monkeypatch):
    monkeypatch.setattr(store, "FORGOTTEN_AT_ONCE", 2)

    async def work(db):
        await told(db, *said("a", "b", "c"))
        await told(db, *said("d"), device="d2")
        counts = [await store.forget(db, "d1") for _ in range(2)]
        return counts, await found(db), [line.msg for line in await found(db, device="d2")]

    assert on_rows(work) == ([3, 0], [], ["d"])


def test_many_lines_keep_their_order():
    msgs = [str(number) for number in range(store.AT_ONCE * 3 + 1)]

    async def work(db):
        await told(db, *said(*msgs))
        await told(db, *said("last"))
        return [line.msg for line in await found(db)]

    assert on_rows(work) == [*msgs, "last"]


def test_when_the_clock_is_set_back_a_little_lines_keep_their_order():
    async def work(db):
        for at in (100 * SECOND, 99 * SECOND, 101 * SECOND):
            await told(db, *said(str(at)), at=at)
        return [line.created // SECOND for line in await found(db)]

    assert on_rows(work) == [100, 100, 101]


def test_after_a_time_that_was_far_wrong_the_right_one_counts():
    async def work(db):
        for at in (10**6 * SECOND, 5 * SECOND):
            await told(db, *said("x"), at=at)
        return [line.created // SECOND for line in await found(db)]

    assert on_rows(work) == [5, 10**6]


def test_one_device_sees_nothing_of_another():
    async def work(db):
        await told(db, *said("one"))
        await told(db, *said("two"), device="d2")
        return [[line.msg for line in await found(db, device=id)] for id in ("d1", "d2", "d3")]

    assert on_rows(work) == [["one"], ["two"], []]


def test_a_device_that_is_gone_tells_nothing():
    async def work(db):
        with pytest.raises(Orphan):
            await told(db, LINE, device="d3")

    on_rows(work)


def test_devices_are_those_of_the_owner():
    async def work(db):
        return [await store.owned(db, owner, wanted) for owner, wanted in
                (("ada", ()), ("ada", ("d2", "d9")), ("eve", ()), ("eve", ("d1",)))]  # fmt: skip

    assert on_rows(work) == [["d1", "d2"], ["d2"], [], []]


# ---- how many are kept -------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "batch"), [(10, 1), (10, 7), (10, 25), (500, 130)])
def test_the_newest_are_kept(most, batch):
    total = most * 3

    async def work(db):
        numbers, highest = iter(range(total)), 0
        while part := [str(number) for number in itertools.islice(numbers, batch)]:
            await told(db, *said(*part), most=most)
            kept = await found(db)
            highest = max(highest, len(kept))
            assert kept[-1].msg == part[-1]
        return [int(line.msg) for line in kept], highest

    kept, highest = on_rows(work)
    assert kept == list(range(total - len(kept), total))
    assert len(kept) >= most
    assert highest <= most + most // 10 + batch


def test_a_device_that_tells_much_takes_nothing_from_another():
    async def work(db):
        await told(db, *said("quiet"), device="d2", most=10)
        for _ in range(20):
            await told(db, *said(*"0123456789"), most=10)
        return await found(db, device="d2"), Counter(line.msg for line in await found(db))

    quiet, loud = on_rows(work)
    assert [line.msg for line in quiet] == ["quiet"]
    assert set(loud.values()) <= {1, 2}


# ---- filters and order -------------------------------------------------------------------------

FLEET = [
    Line("a", 3, 0, "INFO", "/app.log", "app", "1"),
    Line("b", 1, 5, "ERROR", "/app.log", "app", "1"),
    Line("c", 1, 4, "INFO", "/sys.log", "pantavisor", "2"),
    Line("d", 2, 0, "DEBUG", "/x/y", "pantavisor", "10"),
    Line("e", 3, 0, "INFO", "plain", "app", "locals/x"),
]


@pytest.mark.parametrize(
    ("query", "msgs"),
    [
        (Query(), "abcde"),
        (Query(lvl=("INFO",)), "ace"),
        (Query(lvl=("ERROR", "DEBUG")), "bd"),
        (Query(rev=("1", "locals/x")), "abe"),
        (Query(plat=("app",), lvl=("INFO",)), "ae"),
        (Query(src=("/app.log",)), "ab"),
        (Query(src=("app.log", "x/y", "plain")), "abde"),  # pvr takes off the slash
        (Query(src=("/plain",)), ""),
        (Query(after=2 * SECOND), "cde"),
        (Query(before=4 * SECOND), "abc"),
        (Query(after=SECOND, before=3 * SECOND), "b"),
        (Query(lvl=("' OR 1 = 1 --",)), ""),
    ],
)
def test_filters_leave_what_fits(query, msgs):
    async def work(db):
        for second, line in enumerate(FLEET, 1):
            await told(db, line, at=second * SECOND)
        asked = msgspec.structs.replace(query, sort=OLDEST_FIRST)
        return "".join(line.msg for line in await found(db, asked))

    assert on_rows(work) == msgs


def test_the_earlier_of_two_ends_counts():
    async def work(db):
        for second, line in enumerate(FLEET, 1):
            await told(db, line, at=second * SECOND)
        asked = Query(sort=OLDEST_FIRST, before=4 * SECOND)
        return [len(await found(db, asked, before=end * SECOND)) for end in (3, 9)]

    assert on_rows(work) == [2, 3]


columns = some.lists(some.sampled_from(Column), min_size=1, max_size=4, unique=True)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(columns, some.lists(some.booleans(), min_size=4, max_size=4), some.integers(1, 4))
def test_pages_follow_each_other_without_gap_or_repeat_in_any_order(by, downs, size):
    sort = tuple(Order(column, down) for column, down in zip(by, downs, strict=False))

    async def work(db):
        await told(db, *FLEET, at=SECOND)
        await told(db, *FLEET[2:], at=2 * SECOND)
        whole = await found(db, Query(sort=sort))
        pages, position = [], ()
        while page := await found(db, Query(sort=sort, page=size), position):
            pages += page
            position = tuple(getattr(page[-1], name) for name, _ in store.ordering(sort))
        return whole, pages

    whole, pages = on_rows(work)
    assert pages == whole
    assert len(whole) == 8
    first = [getattr(line, by[0].field) for line in whole]
    assert first == sorted(first, reverse=downs[0])


def test_the_common_orders_are_answered_by_an_index():
    """Not by sorting all lines of a device with each look."""

    async def work(db):
        plans = []
        for sort in (OLDEST_FIRST, NEWEST_FIRST):
            order = store._ordering(sort)
            for behind in ("", f" AND {store._behind(sort, (1, 1))[0].replace('?', '1')}"):
                sql = f"SELECT * FROM logs WHERE device = 'd1'{behind} ORDER BY {order} LIMIT 5"
                plan = await db.all(f"EXPLAIN QUERY PLAN {sql}")
                plans.append(" ".join(row["detail"] for row in plan))
        return plans

    for plan in on_rows(work):
        assert "TEMP B-TREE" not in plan
        assert "SCAN" not in plan


def test_messages_are_read_for_those_that_are_shown_alone(monkeypatch):
    monkeypatch.setattr(store, "READ_AT_ONCE", 2)

    async def work(db):
        await told(db, *said("one", "other é", "third", "last"))
        heads = await store.find(db, "d1", ALL, (), None)
        await db.run("DELETE FROM logs WHERE msg = 'third'")
        lines = await store.whole(db, heads[::-1])
        return [head.length for head in heads], [line.msg for line in lines]

    assert on_rows(work) == ([3, 7, 5, 4], ["last", "other é", "one"])
