import asyncio
from pathlib import Path

import pytest

from surefoot.errors import Busy, Conflict
from surefoot.hub import holding
from surefoot.hub.db.migrate import Migration
from surefoot.hub.holding import database, held
from surefoot.hub.settings import Layout


def test_one_holder_at_a_time_and_the_second_is_told_who(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    told = rf"A Hub serves {tmp_path} already: .*process \d+"
    with held(layout), pytest.raises(Busy, match=told):
        held(layout).__enter__()
    with held(layout):
        pass


def test_an_error_within_lets_go(tmp_path: Path) -> None:
    def fail() -> None:
        with held(Layout(tmp_path)):
            raise ValueError("out of here")

    with pytest.raises(ValueError, match="out of here"):
        fail()
    with held(Layout(tmp_path)):
        pass


async def names(layout: Layout) -> list[str]:
    async with database(layout) as opened:
        return [row["name"] for row in await opened.all("SELECT name FROM migrations")]


def test_a_command_before_the_first_start_makes_the_database(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "new" / "hub")
    assert asyncio.run(names(layout))[0] == "0001_first"
    assert layout.root.stat().st_mode & 0o777 == 0o700


def test_a_command_works_beside_a_hub_of_the_same_release(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    asyncio.run(names(layout))
    with held(layout):
        assert asyncio.run(names(layout))[0] == "0001_first"


def test_the_tables_are_not_changed_under_an_older_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    before = asyncio.run(names(layout))
    newer: list[Migration] = [("9999_newer", ["CREATE TABLE newer (a TEXT)"])]
    monkeypatch.setattr(
        "surefoot.hub.db.sqlite.pending",
        lambda _, applied: [one for one in newer if one[0] not in applied],
    )
    with held(layout), pytest.raises(Conflict, match="older release"):
        asyncio.run(names(layout))
    assert asyncio.run(names(layout)) == [*before, "9999_newer"]


def test_a_command_waits_longer_than_a_caller_of_the_hub() -> None:
    assert holding.PATIENCE_S > 10
