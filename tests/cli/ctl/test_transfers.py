import json

import pytest

from surefoot.cli import output
from surefoot.cli.ctl.transfers import transfers
from surefoot.client.install import Transfer

STEPS = [Transfer("a" * 64, "app/root.squashfs", done, 2000) for done in (0, 1000, 2000)]


def send(*steps: Transfer, as_json: bool = False) -> None:
    with transfers(as_json) as watch:
        for step in steps:
            watch(step)


def test_off_a_terminal_an_object_that_is_through_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    send(*STEPS)
    assert capsys.readouterr().out == "sent app/root.squashfs (2.0 kB)\n"


def test_an_object_on_its_way_is_no_line_yet(capsys: pytest.CaptureFixture[str]) -> None:
    send(*STEPS[:2])
    assert capsys.readouterr().out == ""


def test_as_json_it_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    send(*STEPS, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "kind": "sent",
        "object": "a" * 64,
        "path": "app/root.squashfs",
        "size": 2000,
    }


def test_on_a_terminal_bars_are_drawn_and_names_are_not_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    send(Transfer("b" * 64, "app/[bold]x", 0, 10), Transfer("b" * 64, "app/[bold]x", 10, 10))
    assert "app/[bold]x" in capsys.readouterr().out
