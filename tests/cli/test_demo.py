"""`surefoot demo`, whole and real, as a user runs it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.cli import demo as module
from surefoot.cli.columns import Columns, Prefixed
from surefoot.cli.demo import JsonPrinter, Printer, typed
from surefoot.cli.paint import PLAIN
from surefoot.client.wait import Entry
from surefoot.lab.demo.audience import Record, Side
from surefoot.lab.demo.story import steps

M = re.MULTILINE
DEMO = [sys.executable, "-m", "surefoot", "demo"]
needs_tools = pytest.mark.skipif(
    not (shutil.which("mksquashfs") and shutil.which("unsquashfs")), reason="needs squashfs-tools"
)
ENTRY = Entry("7", "ERROR", "Unexpected rollback", "why; wherefore", "2026-11-24T06:51:34.000Z", 3)
RECORD = Record("7", "ERROR", "ERROR", "Unexpected rollback", 1.6)
CANCELLED = Record("8", "", "CANCELLED", "", None)


def environ(place: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(place)}


@needs_tools
def test_the_whole_story_is_as_the_script_says_and_leaves_nothing(tmp_path: Path) -> None:
    """issue 5 "Done when"; peers 3: hawkbit#3185, greengrass-nucleus#1838: what is recorded is what
    really runs."""
    ran = subprocess.run(
        [*DEMO], env=environ(tmp_path), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "all as the script says" in ran.stdout
    assert ran.stdout.count("POWER CUT") == 3
    for step in steps():
        for status, message in step.rows:
            assert re.search(rf"^device . .*{status} +{re.escape(message)}$", ran.stdout, M), (
                message
            )
        if not step.is_local:
            assert f"the Hub holds revision {step.revision}: {step.final[0]}" in ran.stdout
    assert re.search(r"cut \d+ times: .* MB came over the line, 1\.0\d+ times", ran.stdout)
    assert "app/root.squashfs changed" in ran.stdout
    assert "state: platform 'app' is not running" in ran.stdout
    assert list(tmp_path.iterdir()) == []


@needs_tools
def test_told_to_end_it_takes_device_and_hub_down(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [*DEMO, "--json"],
        env={**environ(tmp_path), "SUREFOOT_RUNTIME": "process"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with demo:
        assert demo.stdout
        for line in demo.stdout:
            if json.loads(line)["kind"] == "progress":
                break
        demo.send_signal(signal.SIGTERM)
        demo.communicate()
    assert demo.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_without_the_libraries_of_a_hub_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['aiohttp'] = None;"
        "from surefoot.cli import main; sys.exit(main(['demo']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "surefoot: The Hub needs aiohttp, which is not installed: pip install 'surefoot[hub]'\n"
    )
    assert list(tmp_path.iterdir()) == []


def printer() -> Printer:
    return Printer(Prefixed(("device", "hub"), PLAIN, module.output.show))


def test_every_line_says_on_which_side_it_happens(capsys: pytest.CaptureFixture[str]) -> None:
    told = printer()
    told.act("3", "A scene", "what it is about")
    told.says(Side.DEVICE, "one\ntwo")
    told.command(["post", "a b", "kitchen", ">", "x"])
    told.prints("   1.0 s  DONE        well")
    told.entry(ENTRY)
    told.close()
    assert capsys.readouterr().out.splitlines() == [
        "",
        "(3) A scene",
        "    what it is about",
        "device │ * one",
        "device │ * two",
        "hub    │ $ surefoot post 'a b' kitchen > x",
        "hub    │    1.0 s  DONE        well",
        "device │ revision 7",
        "device │   0.00 s  ERROR       Unexpected rollback",
        "device │                       why",
        "device │                       wherefore",
    ]


def test_a_difference_is_loud_and_the_end_says_how_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = printer()
    told.differs("7 runs, not 8")
    told.records([RECORD, CANCELLED])
    told.end(["7 runs, not 8"], 61)
    out = capsys.readouterr().out
    assert "NOT AS THE SCRIPT SAYS: 7 runs, not 8" in out
    assert "7         ERROR   ERROR      1.6 s  Unexpected rollback\n" in out
    assert "8                 CANCELLED\n" in out
    assert "1 difference from the script" in out
    assert "is left" not in out


@pytest.mark.parametrize(
    ("is_terminal", "columns", "kind"),
    [(True, "100", Columns), (True, "99", Prefixed), (False, "200", Prefixed)],
)
def test_two_columns_are_for_wide_terminals(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool, columns: str, kind: type
) -> None:
    monkeypatch.setattr(module.output, "is_terminal", lambda: is_terminal)
    monkeypatch.setenv("COLUMNS", columns)
    layout = module._layout()
    assert isinstance(layout, kind)
    layout.close()


def test_a_command_is_shown_as_a_shell_takes_it() -> None:
    assert typed(("post", "it's")) == """surefoot post 'it'"'"'s'"""


def test_as_json_every_line_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    told = JsonPrinter()
    told.act("3", "A scene", "")
    told.says(Side.HUB, "one")
    told.command(["devices"])
    told.prints("two")
    told.entry(ENTRY)
    told.differs("d")
    told.records([RECORD])
    told.end([], 1.234)
    told.close()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == [
        *("scene", "says", "called", "printed", "progress", "difference", "record", "result")
    ]
    assert lines[1] == {"kind": "says", "side": "hub", "text": "one"}
    assert lines[2] == {"kind": "called", "side": "hub", "words": ["surefoot", "devices"]}
    assert (lines[6]["on_device"], lines[6]["at_hub"]) == ("ERROR", "ERROR")
    assert lines[-1] == {"kind": "result", "differences": [], "seconds": 1.2}


def test_the_help_names_as_many_columns_as_two_sides_need() -> None:
    assert str(module.MIN_COLUMNS) in (module.demo.__doc__ or "")
