import json

import pytest

from surefoot.cli import output
from surefoot.cli.desk.telling import Teller, downloads
from surefoot.client.desk.devices import Device
from surefoot.client.desk.post import Plan, Posted
from surefoot.client.desk.steps import View
from surefoot.client.desk.wait import Entry

Out = pytest.CaptureFixture[str]
PLAN = Plan(Device("i" * 24, "kitchen"), 4, 3, True, ())
ERROR = View("ERROR", "Internal error", 1, ("update: \x1b[1mno room; none", "second"))


def test_a_post_is_told_in_a_line(capsys: Out) -> None:
    teller = Teller("kit\x07chen", 4, as_json=False)
    teller.posted(PLAN, Posted(4, "ab", 2, 5, 3000))
    teller.posted(PLAN, Posted(4, "ab", 0, 5, 0))
    assert capsys.readouterr().out.splitlines() == [
        "posted revision 4 of kit\ufffdchen: 2 objects sent (3.0 kB), 5 there already",
        "posted revision 4 of kit\ufffdchen: nothing to send, 5 there already",
    ]


def test_each_line_of_the_update_has_its_time_and_causes(capsys: Out) -> None:
    teller = Teller("kitchen", 4, as_json=False)
    teller(Entry(View("TESTING", "m"), 2.0))
    teller(Entry(ERROR, 12.5))
    assert capsys.readouterr().out.splitlines() == [
        "   2.0 s  TESTING     m",
        "    12 s  ERROR       Internal error",
        "                      update: no room; none",
        "                      second",
    ]


@pytest.mark.parametrize(
    ("view", "code", "told"),
    [
        (View("UPDATED", "m"), 0, ""),
        (View("WONTGO", "m"), 3, "surefoot: revision 4 of kitchen ended WONTGO: m\n"),
        (ERROR, 4, "surefoot: revision 4 of kitchen ended ERROR: Internal error\n"),
    ],
)
def test_how_it_ended_is_the_exit_code(capsys: Out, view: View, code: int, told: str) -> None:
    """R24."""
    assert Teller("kitchen", 4, as_json=False).ended(view) == code
    assert capsys.readouterr() == ("", told)


def test_json_is_an_object_a_line_told_apart_by_kind(capsys: Out) -> None:
    teller = Teller("kitchen", 4, as_json=True)
    teller.posted(PLAN, Posted(4, "ab", 1, 5, 30))
    teller(Entry(ERROR, 1.0))
    teller.ended(ERROR)
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["kind"], one["revision"]) for one in out] == [
        ("posted", 4),
        ("progress", 4),
        ("result", 4),
    ]
    assert out[0]["nick"] == "kitchen"
    assert out[1]["at_s"] == 1.0
    assert out[2]["exit_code"] == 4


def test_off_a_terminal_downloads_are_not_drawn(capsys: Out) -> None:
    with downloads(as_json=False) as watch:
        watch(View("DOWNLOADING", "m", 1, (), (100, 50)))
    assert capsys.readouterr().out == ""


def test_on_a_terminal_downloads_are_a_bar(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with downloads(as_json=False) as watch:
        watch(View("DOWNLOADING", "m", 1, (), (100, 50)))
        watch(View("TESTING", "m"))
    assert "downloads" in capsys.readouterr().out
