from datetime import UTC, datetime

import pytest

from surefoot.cli.paint import PLAIN, Paint
from surefoot.cli.table import clock, duration, number_of, seconds_between, size, table


def test_columns_are_aligned_and_lines_have_no_blanks_at_their_end() -> None:
    rows = [["a", 1, "x"], ["longer", 22, ""]]
    assert table(("NAME", "N", "WHY"), rows, PLAIN, numbers="N") == [
        "NAME     N  WHY",
        "a        1  x",
        "longer  22",
    ]


def test_a_column_without_any_text_is_left_out() -> None:
    assert table(("NAME", "CAUSE"), [["a", None], ["b", ""]], PLAIN) == ["NAME", "a", "b"]


def test_a_table_without_rows_has_a_head_only() -> None:
    assert table(("NAME",), [], PLAIN) == []


def test_painted_cells_are_as_wide_as_plain_ones() -> None:
    lines = table(("STATUS", "NAME"), [["ERROR", "x"]], Paint(colours=True))
    assert lines[1] == "\x1b[31mERROR\x1b[0m   x"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_000_000, "2.0 MB"), (10**16, "10000.0 TB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.00 s"),
        (0.016, "0.02 s"),
        (4.24, "4.2 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3600, "1 h 0 min"),
        (7384, "2 h 3 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_moment_of_today_is_a_time_and_any_other_has_its_day() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert clock("2026-11-24T06:51:34.120Z", now) == "06:51:34Z"
    assert clock("2026-11-23T06:51:34Z", now) == "2026-11-23 06:51:34Z"


def test_seconds_between_two_labels() -> None:
    assert seconds_between("2026-11-24T06:51:34.120Z", "2026-11-24T06:51:35Z") == 0.88


def test_one_thing_is_not_several() -> None:
    assert [number_of(n, "object") for n in (0, 1, 2)] == ["0 objects", "1 object", "2 objects"]
