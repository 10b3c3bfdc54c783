"""The pages that lead a newcomer by the hand, run as they stand: commands and what they print."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import blocks, script
from tests.tidy.source import ROOT

# The wait before an update is trusted: shorter than on the page, longer than what must fail in it.
FASTER = ("PV_UPDATER_COMMIT_DELAY=5", "PV_UPDATER_COMMIT_DELAY=3")
# A page that breaks off in the middle leaves no device behind.
BEGIN = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || :; wait' EXIT\n"
# Before pytest's own patience ends, which would leave the device running.
PATIENCE_S = 240

_HEX_NAME = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{8}(?:[0-9a-f]{4})?\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def alike(line):
    """Without what differs from run to run: numbers, names made by hashing, columns."""
    return " ".join(_NUMBER.sub("#", _HEX_NAME.sub("#", line)).split())


def follow(page, tmp_path):
    """All output of the page's commands."""
    is_readme = page.parent == ROOT
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin",
        "SUREFOOT_RUNTIME": "lxc",
        "TMPDIR": str(tmp_path),
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        ["bash", "-c", BEGIN + script(page).replace(*FASTER)],
        cwd=ROOT if is_readme else tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        output = _output(shell)
    assert shell.returncode == 0, output
    return output


def _output(shell):
    try:
        return shell.communicate(timeout=PATIENCE_S)[0]
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGTERM)  # the boot loop, too, takes its device down
        return shell.communicate()[0]


@pytest.mark.usefixtures("images")
@pytest.mark.parametrize("name", ["README.md", "docs/tutorial/first-device.md"])
def test_a_newcomer_sees_what_the_page_shows(name, tmp_path):
    page = ROOT / name
    output = follow(page, tmp_path)
    printed = {alike(line) for line in output.splitlines()}
    shown = [
        line for block in blocks(page) if block.kind == "text" for line in block.text.splitlines()
    ]
    assert shown
    missing = [line for line in shown if alike(line) not in printed]
    assert not missing, output
