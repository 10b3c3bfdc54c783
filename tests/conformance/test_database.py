"""What every database of the Hub does (hub/db/protocol.py). One suite, run on each."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from surefoot.errors import Busy, Conflict, InvalidInput, NoRoom
from surefoot.hub.db.errors import Orphan, Taken
from tests.support.databases import BACKENDS, ROWS

DATA = Path(__file__).parents[1] / "data" / "hub"
PUT = "INSERT INTO settings (key, value) VALUES (?, ?)"
GET = "SELECT value FROM settings WHERE key = ?"
ALL = "SELECT key, value FROM settings ORDER BY key"
SHORT_S = 0.1


@pytest.fixture(params=list(BACKENDS))
def backend(request, tmp_path):
    return BACKENDS[request.param](tmp_path)


async def texts(db):
    return [(row["key"], row["value"]) for row in await db.all(ALL)]


# ---- statements ------------------------------------------------------------------------------


async def test_values_come_back_as_they_were_given(backend):
    async with backend.opened() as db:
        odd = "é\"'; DROP TABLE settings; --\n\U0001f600"
        assert await db.run(PUT, "k", odd) == 1
        sql = "SELECT value, CAST(? AS BIGINT) AS n, CAST(? AS TEXT) AS gone FROM settings"
        row = await db.one(sql, 2**62, None)
        assert (row["value"], row["n"], row["gone"]) == (odd, 2**62, None)


async def test_one_gives_the_first_row_and_none_without_a_row(backend):
    async with backend.opened() as db:
        assert await db.one(GET, "k") is None
        await db.run(PUT, "b", "2")
        await db.run(PUT, "a", "1")
        assert (await db.one(ALL))["key"] == "a"
        assert await texts(db) == [("a", "1"), ("b", "2")]


async def test_run_tells_how_many_rows_were_changed(backend):
    async with backend.opened() as db:
        for key in "abc":
            await db.run(PUT, key, "1")
        assert await db.run("UPDATE settings SET value = '2' WHERE key <> ?", "a") == 2
        assert await db.run("DELETE FROM settings WHERE key = ?", "none") == 0


async def test_what_both_dialects_share_is_understood(backend):
    async with backend.opened() as db:
        upsert = f"{PUT} ON CONFLICT (key) DO UPDATE SET value = excluded.value RETURNING value"
        async with db.transaction() as tx:
            assert (await tx.one(upsert, "k", "1"))["value"] == "1"
            assert (await tx.one(upsert, "k", "2"))["value"] == "2"
            assert await tx.run(f"{PUT} ON CONFLICT (key) DO NOTHING", "k", "3") == 0
        assert await texts(db) == [("k", "2")]


@pytest.mark.parametrize("value", ["\ud800", 2**70])
async def test_a_value_that_cannot_be_stored_is_the_caller_s_mistake(backend, value):
    async with backend.opened() as db:
        with pytest.raises(InvalidInput):
            await db.run(PUT, "k", value)
        with pytest.raises(InvalidInput):
            await db.one(GET, value)


async def test_a_second_row_with_a_unique_value_is_taken_and_the_first_stays(backend):
    async with backend.opened() as db:
        await db.run(PUT, "k", "1")
        with pytest.raises(Taken):
            await db.run(PUT, "k", "2")
        assert await texts(db) == [("k", "1")]


async def test_a_row_that_belongs_to_none_is_an_orphan_and_not_kept(backend):
    async with backend.opened() as db:
        with pytest.raises(Orphan):
            await db.run("INSERT INTO trails VALUES ('d', 'nobody', 0, 0, 0)")
        assert await db.all("SELECT * FROM trails") == []


async def test_what_belongs_to_a_row_goes_with_it(backend):
    async with backend.opened() as db:
        backend.load(ROWS)
        await db.run("DELETE FROM accounts WHERE nick = 'ada'")
        assert await db.all("SELECT * FROM trails") == []
        assert [row["id"] for row in await db.all("SELECT id FROM devices")] == ["d2"]


# ---- transactions ----------------------------------------------------------------------------


async def test_a_transaction_sees_what_it_did_and_others_only_when_it_has_ended(backend):
    async with backend.opened() as db:
        async with db.transaction() as tx:
            await tx.run(PUT, "k", "1")
            assert await texts(tx) == [("k", "1")]
            assert await texts(db) == []
        assert await texts(db) == [("k", "1")]


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, Conflict])
async def test_an_error_within_undoes_all_of_it(backend, error):
    async with backend.opened() as db:

        async def fail():
            async with db.transaction() as tx:
                await tx.run(PUT, "k", "1")
                raise error("out of here")

        with pytest.raises(error):
            await fail()
        assert await texts(db) == []
        await db.run(PUT, "k", "2")
        assert await texts(db) == [("k", "2")]


async def both(db, *statements):
    """All of them in one transaction."""
    async with db.transaction() as tx:
        for sql, *values in statements:
            await tx.run(sql, *values)


async def test_a_refused_statement_undoes_the_others_with_it(backend):
    async with backend.opened() as db:
        with pytest.raises(Taken):
            await both(db, (PUT, "k", "1"), (PUT, "k", "2"))
        assert await texts(db) == []


async def test_a_task_that_is_cancelled_within_leaves_nothing_and_holds_up_nobody(backend):
    async with backend.opened() as db:
        inside = asyncio.Event()

        async def slow():
            async with db.transaction() as tx:
                await tx.run(PUT, "k", "1")
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(slow())
        await inside.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await db.run(PUT, "k", "2")
        assert await texts(db) == [("k", "2")]


async def test_tasks_that_read_decide_and_write_do_not_overlap(backend):
    """Two posts of one revision at once: one of them has to see the other."""
    async with backend.opened(60) as db:
        await db.run(PUT, "n", "0")

        async def count():
            async with db.transaction() as tx:
                found = int((await tx.one(GET, "n"))["value"])
                await asyncio.sleep(0)
                await tx.run("UPDATE settings SET value = ? WHERE key = 'n'", str(found + 1))

        await asyncio.gather(*(count() for _ in range(50)))
        assert await texts(db) == [("n", "50")]


async def test_processes_that_read_decide_and_write_do_not_overlap(backend):
    """Each thread has a view of its own, as another process has."""
    async with backend.opened() as db:
        await db.run(PUT, "n", "0")

    async def count():
        async with backend.opened(60) as db:
            for _ in range(20):
                async with db.transaction() as tx:
                    found = int((await tx.one(GET, "n"))["value"])
                    await tx.run("UPDATE settings SET value = ? WHERE key = 'n'", str(found + 1))

    threads = [threading.Thread(target=asyncio.run, args=(count(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    async with backend.opened() as db:
        assert await texts(db) == [("n", "80")]


async def test_a_transaction_that_has_ended_is_of_no_use(backend):
    async with backend.opened() as db:
        async with db.transaction() as tx:
            pass
        with pytest.raises(AssertionError, match="has ended"):
            await tx.run(PUT, "k", "1")


async def test_a_write_past_the_own_transaction_is_a_slip_that_shows(backend):
    """Not a wait for ever."""
    async with backend.opened() as db:
        with pytest.raises(AssertionError, match="ask its Tx"):
            async with db.transaction():
                await db.run(PUT, "k", "1")


# ---- others hold it, the disk is full ----------------------------------------------------------


async def test_a_database_that_others_hold_is_busy_and_says_when_to_come_again(backend):
    async with backend.opened(SHORT_S) as db:
        await db.run(PUT, "k", "1")
        with backend.held():
            assert await texts(db) == [("k", "1")]
            with pytest.raises(Busy) as caught:
                await db.run(PUT, "l", "1")
            assert caught.value.retry_after_s == 1
            with pytest.raises(Busy):
                async with db.transaction():
                    raise AssertionError
        await db.run(PUT, "l", "2")
        assert await texts(db) == [("k", "1"), ("l", "2")]


async def test_a_write_waits_for_others_and_other_tasks_go_on(backend):
    async with backend.opened(60) as db:
        with backend.held():
            write = asyncio.create_task(db.run(PUT, "k", "1"))
            for _ in range(10):
                assert await texts(db) == []
            assert not write.done()
        assert await write == 1


async def test_those_behind_a_writer_that_waits_are_told_in_time_too(backend):
    """One after the other they would wait the longer, the later they came."""
    async with backend.opened(SHORT_S) as db:
        with backend.held():
            begin = asyncio.get_running_loop().time()
            writes = [db.run(PUT, str(n), "1") for n in range(30)]
            ended = await asyncio.gather(*writes, return_exceptions=True)
            took = asyncio.get_running_loop().time() - begin
        assert {type(one) for one in ended} == {Busy}
        assert took < 10 * SHORT_S
        assert await texts(db) == []


async def test_a_full_disk_says_so_loses_nothing_and_all_works_when_there_is_room(backend):
    async with backend.opened() as db:
        await db.run(PUT, "k", "1")
        backend.fill(db)
        with pytest.raises(NoRoom):
            await db.run(PUT, "l", "x" * 100_000)
        change = "UPDATE settings SET value = '2' WHERE key = 'k'"
        with pytest.raises(NoRoom):
            await both(db, (change,), (PUT, "l", "x" * 100_000))
        assert await texts(db) == [("k", "1")]
        backend.empty(db)
        await db.run(PUT, "l", "2")
        assert await texts(db) == [("k", "1"), ("l", "2")]


# ---- migrations ------------------------------------------------------------------------------


async def test_an_empty_database_gets_every_migration_once(backend):
    db = backend.open()
    applied = await db.migrate()
    assert applied[0] == "0001_first"
    assert applied == sorted(applied)
    assert await db.migrate() == []
    await db.close()
    async with backend.opened() as again:
        assert await again.migrate() == []


@pytest.mark.parametrize("version", [path.name for path in sorted(DATA.glob("*.sql"))])
async def test_a_database_of_each_earlier_release_becomes_this_one_s_with_its_rows(
    backend, tmp_path, version
):
    name, kind, _ = version.split(".")
    if type(backend) is not BACKENDS[kind]:
        pytest.skip("a dump of another kind of database")
    backend.load((DATA / version).read_text())
    async with backend.opened() as db:
        (fresh := type(backend)(tmp_path / "fresh")).path.parent.mkdir()
        async with fresh.opened():
            assert backend.schema() == fresh.schema()
        known = [row["name"] for row in await db.all("SELECT name FROM migrations")]
        assert name in known
        assert (await db.one("SELECT nick FROM accounts"))["nick"] == "ada"
        assert (await db.one("SELECT count(*) AS n FROM devices"))["n"] == 2
        assert await db.check() == []


async def test_tables_of_a_newer_release_are_refused_and_left_alone(backend):
    async with backend.opened() as db:
        await db.run("INSERT INTO migrations VALUES ('9999_later')")
    db = backend.open()
    with pytest.raises(Conflict, match=r"newer release \(9999_later\)"):
        await db.migrate()
    await db.close()


def test_processes_that_migrate_at_once_do_it_once(backend, tmp_path):
    kind = next(name for name, one in BACKENDS.items() if type(backend) is one)
    command = [sys.executable, "-m", "tests.support.databases", kind, tmp_path]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = [process.communicate(timeout=60)[0].split() for process in started]
    assert [process.returncode for process in started] == [0] * 4
    applied = [name for names in told for name in names]
    assert applied == sorted(set(applied))
    assert "0001_first" in applied


# ---- health, end -----------------------------------------------------------------------------


async def test_a_database_in_order_has_nothing_to_tell(backend):
    async with backend.opened() as db:
        await db.run(PUT, "k", "1")
        assert await db.check() == []


async def test_closing_twice_is_harmless_and_what_was_written_is_there_again(backend):
    async with backend.opened() as db:
        await db.run(PUT, "k", "1")
        await db.close()
    async with backend.opened() as db:
        assert await texts(db) == [("k", "1")]
