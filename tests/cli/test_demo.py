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

from surefoot.cli.demo import JsonPrinter, Printer
from surefoot.client.wait import Entry
from surefoot.lab.demo.story import SCENES
from tests.cli.views.answers import FAILED

DEMO = [sys.executable, "-m", "surefoot", "demo"]
needs_tools = pytest.mark.skipif(
    not (shutil.which("mksquashfs") and shutil.which("unsquashfs")), reason="needs squashfs-tools"
)
ENTRY = Entry("7", "ERROR", "Unexpected rollback", "why", "2026-11-24T06:51:34.000Z", 3)


def environ(place: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(place)}


@needs_tools
def test_the_whole_story_is_as_the_script_says_and_leaves_nothing(tmp_path: Path) -> None:
    """peers 3: hawkbit#3185, greengrass-nucleus#1838: what is recorded is what really runs."""
    ran = subprocess.run(
        [*DEMO], env=environ(tmp_path), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "all as the script says" in ran.stdout
    assert ran.stdout.count("POWER CUT") == 2
    for scene in SCENES:
        # Once as it happens, once from the record.
        for status, message in scene.lines:
            told = re.findall(rf"{status} +{re.escape(message)}", ran.stdout)
            assert len(told) >= 2, message
    assert "app/root.squashfs changed" in ran.stdout
    assert "bsp/kernel.img changed" in ran.stdout
    assert list(tmp_path.iterdir()) == []


@needs_tools
def test_told_to_end_it_takes_its_device_down(tmp_path: Path) -> None:
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


def test_a_difference_is_loud_and_the_end_says_how_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printer = Printer()
    printer.act("3", "A scene", "what it is about")
    printer.says("one\ntwo")
    printer.entry(ENTRY)
    printer.differs("7 runs, not 8")
    printer.record(FAILED)
    printer.end(["7 runs, not 8"], 61)
    out = capsys.readouterr().out
    assert "(3) A scene\n    what it is about\n  * one\n  * two\n" in out
    assert "  0.00 s  ERROR       Unexpected rollback\n" in out
    assert "NOT AS THE SCRIPT SAYS: 7 runs, not 8" in out
    assert "1 difference from the script" in out
    assert "nothing of the device is left" not in out


def test_as_json_every_line_is_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    printer = JsonPrinter()
    printer.act("3", "A scene", "")
    printer.says("one")
    printer.entry(ENTRY)
    printer.differs("d")
    printer.record(FAILED)
    printer.end([], 1.234)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == [
        "scene",
        "says",
        "progress",
        "difference",
        "record",
        "result",
    ]
    assert lines[-1] == {"kind": "result", "differences": [], "seconds": 1.2}
