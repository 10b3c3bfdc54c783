import re
from datetime import UTC, datetime

from surefoot.cli.paint import PLAIN, Paint
from surefoot.cli.views.changes import change_lines, changes_lines, entry_lines
from tests.cli.views.answers import CHANGES, FACTORY, FAILED, GOING_ON

NOW = datetime(2026, 11, 24, 6, 52, 0, tzinfo=UTC)


def test_a_device_without_changes_says_so() -> None:
    assert changes_lines([], NOW, PLAIN)[0].startswith("No change yet")


def test_changes_are_a_line_each() -> None:
    lines = changes_lines(CHANGES, NOW, PLAIN)
    assert len(lines) == 1 + len(CHANGES)
    assert re.search(r"locals/never-ready +ERROR +06:51:34Z +8.1 s +Status goal", lines[2])
    assert "goes on" in lines[3]


def test_every_entry_of_a_change_is_drawn_with_its_time_and_its_cause() -> None:
    text = "\n".join(change_lines(FAILED, NOW, PLAIN))
    for entry in FAILED["timeline"]:
        assert entry["message"] in text
        assert entry["cause"] in text
    assert "  0.09 s ├ INPROGRESS  Starting updated version  (8.0 s)" in text
    assert "began 06:51:34Z, took 8.1 s" in text


def test_one_entry_alone_has_no_line_to_others() -> None:
    last = change_lines(FACTORY, NOW, PLAIN)[-1]
    assert last == "  0.00 s ─ DONE        Factory revision"


def test_a_change_that_goes_on_says_so() -> None:
    assert "goes on" in change_lines(GOING_ON, NOW, PLAIN)[1]


def test_where_lines_cannot_be_drawn_they_are_typed() -> None:
    text = "\n".join(change_lines(FAILED, NOW, Paint(lines=False)))
    assert text.isascii()


def test_a_live_line_has_its_cause_below_its_message() -> None:
    first, second = entry_lines("ERROR", "Unexpected rollback", "the power went", 12.0, PLAIN)
    assert first == "    12 s  ERROR       Unexpected rollback"
    assert second.index("the power") == first.index("Unexpected")
    assert len(entry_lines("DONE", "Factory revision", "", 0, PLAIN)) == 1


def test_each_of_several_causes_has_a_line() -> None:
    lines = entry_lines("INPROGRESS", "Rebooting", "a changed: x; b added: y; and 2 more", 0, PLAIN)
    assert [line.strip() for line in lines[1:]] == ["a changed: x", "b added: y", "and 2 more"]
