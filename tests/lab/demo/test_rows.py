"""The rows of the script against the tables of the engine."""

import pytest

from surefoot.device.config_keys import KEYS
from surefoot.lab.demo import rows
from surefoot.update import tables

ALL = [
    *(row for name, row in vars(rows).items() if name.isupper() and isinstance(row, tuple)),
    *rows.started(1),
    *rows.started(2),
]
SINGLE = [row for row in ALL if isinstance(row[1], str)]


@pytest.mark.parametrize("row", SINGLE, ids=str)
def test_every_row_is_one_of_the_progress_table(row: rows.Row) -> None:
    """seed "Progress"."""
    assert tables.point_of(*row)


def test_a_start_says_how_many_there_were_and_which_it_is() -> None:
    """R15."""
    assert [message for _, message in rows.started(2)] == ["Retried 1 of 10", "Retry 2 of 10"]


def test_so_many_starts_are_what_a_device_makes_when_nobody_says_otherwise() -> None:
    assert KEYS["PV_REVISION_RETRIES"].default == str(rows.RETRIES)
