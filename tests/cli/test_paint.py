import io

import pytest

from surefoot.cli.paint import PLAIN, Paint, paint_for, status_style
from surefoot.supervisor.tables import ContainerStatus
from surefoot.wire.progress import Status


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool, encoding: str = "UTF-8") -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._encoding = encoding

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def test_a_terminal_gets_colours() -> None:
    assert paint_for(Stream(True), {"TERM": "xterm"}).colours


@pytest.mark.parametrize(
    ("is_terminal", "environ"),
    [(False, {}), (True, {"NO_COLOR": "1"}), (True, {"TERM": "dumb"})],
)
def test_pipes_and_people_who_do_not_want_them_get_none(
    is_terminal: bool, environ: dict[str, str]
) -> None:
    assert not paint_for(Stream(is_terminal), environ).colours


def test_an_empty_no_color_does_not_count() -> None:
    """no-color.org: present and not an empty string."""
    assert paint_for(Stream(True), {"NO_COLOR": ""}).colours


def test_lines_are_drawn_only_where_they_can_be_shown() -> None:
    assert paint_for(Stream(False), {}).lines
    assert not paint_for(Stream(False, "ANSI_X3.4-1968"), {}).lines


def test_every_status_of_updates_and_containers_has_a_colour() -> None:
    assert not [word for word in (*Status, *ContainerStatus) if not status_style(word.value)]


def test_a_status_is_filled_up_outside_its_colour() -> None:
    assert PLAIN.status("NEW", 6) == "NEW   "
    assert Paint(colours=True).status("ERROR", 7) == "\x1b[31mERROR\x1b[0m  "


def test_nothing_is_painted_where_there_is_nothing() -> None:
    assert Paint(colours=True)("", "bad") == ""
    assert Paint(colours=True)("text", "") == "text"
