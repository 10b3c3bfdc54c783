"""Two sides told at once: what stands where, in which colour, and when."""

import threading
from collections.abc import Iterable

import pytest

from surefoot.cli import columns
from surefoot.cli.columns import Columns, Prefixed, Text
from surefoot.cli.paint import PLAIN, Paint

NAMES = ("device", "hub")
COLOURS = Paint(colours=True)


class Page:
    """What is shown. `grown` is set whenever it was."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.grown = threading.Event()

    def __call__(self, lines: Iterable[str]) -> None:
        found = list(lines)
        self.lines += found
        if found:
            self.grown.set()


@pytest.fixture
def page() -> Page:
    return Page()


def test_each_line_names_its_side_where_there_is_no_room_for_two(page: Page) -> None:
    layout = Prefixed(NAMES, PLAIN, page)
    layout.put(0, [Text("one"), Text("  two")])
    layout.put(1, [Text("three " * 40)])
    layout.across(["", "four"])
    layout.close()
    assert page.lines == ["device │ one", "device │   two", f"hub    │ {'three ' * 40}", "", "four"]


def test_lines_are_drawn_as_the_stream_can_show_them(page: Page) -> None:
    Prefixed(NAMES, Paint(lines=False), page).put(1, [Text("one")])
    assert page.lines == ["hub    | one"]


def test_what_is_told_at_one_time_stands_side_by_side(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_TOGETHER_S", 3600.0)
    layout = Columns(NAMES, 23, PLAIN, page)
    layout.put(1, [Text("one")])
    layout.put(0, [Text("two"), Text("three")])
    layout.across(["four"])
    layout.put(0, [Text("five")])
    layout.close()
    assert page.lines == [
        "device     │ hub",
        "two        │ one",
        "three      │",
        "four",
        "five       │",
    ]


def test_nothing_waits_for_more_than_a_moment(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "_TOGETHER_S", 0.01)
    layout = Columns(NAMES, 23, PLAIN, page)
    page.grown.clear()
    layout.put(0, [Text("one")])
    assert page.grown.wait(30)
    layout.close()
    assert page.lines[1:] == ["one        │"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (Text("one two three"), ["one two", "  three"]),
        (Text("  one two three", hang=4), ["  one two", "    three"]),
        (Text("onetwothreefour"), ["onetwothre", "  efour"]),
        (Text(""), [""]),
        (Text("a b-c d-e f-g"), ["a b-c d-e", "  f-g"]),
    ],
)
def test_what_is_too_long_goes_on_below_itself(text: Text, lines: list[str]) -> None:
    assert [line for line, _ in text.lines(10, PLAIN)] == lines
    assert all(width == len(line) <= 10 for line, width in text.lines(10, PLAIN))


def test_colours_take_no_room_and_a_status_has_its_own() -> None:
    ((line, width),) = Text("  1 s  DONE  DONE it is", word="DONE").lines(40, COLOURS)
    assert (line, width) == ("  1 s  \x1b[32mDONE\x1b[0m  DONE it is", 23)
    assert Text("  one", "calm").whole(COLOURS) == "  \x1b[36mone\x1b[0m"
    assert Text("").lines(9, COLOURS) == [("", 0)]
