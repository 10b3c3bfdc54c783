"""The pages that lead a newcomer by the hand, run as they stand: commands and what they print."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import blocks, script
from tests.tidy.source import ROOT

# The wait before an update is trusted: shorter than on the page, longer than what must fail in it.
FASTER = ("PV_UPDATER_COMMIT_DELAY=5", "PV_UPDATER_COMMIT_DELAY=3")
# A Hub's usual doors, which another test or a person may be using.
DOORS = ("12365", "12366")
# Pages whose commands are given in the clone; the others begin in a directory of their own.
IN_THE_CLONE = ("README.md", "docs/tutorial/hub-and-two-devices.md")
# A page that breaks off in the middle leaves no device behind.
BEGIN = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null || :; wait' EXIT\n"
# Before pytest's own patience ends, which would leave the device running.
PATIENCE_S = 240

_HEX_NAME = re.compile(r"\b(?=[0-9a-f]*[0-9])(?:[0-9a-f]{24}|[0-9a-f]{12}|[0-9a-f]{8})\b")
# A nick or a challenge that a Hub has made up.
_THREE_WORDS = re.compile(r"\b[a-z]+([_-])[a-z]+\1[a-z]+\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_JUST_NOW = re.compile(r"(?<= )now(?= )")


def alike(line):
    """Without what differs from run to run: numbers, names that were made up, columns."""
    named = _THREE_WORDS.sub("*", _HEX_NAME.sub("#", line))
    return " ".join(_NUMBER.sub("#", _JUST_NOW.sub("# s ago", named)).split())


def free_ports(count):
    """Below those that the kernel gives to whoever names none, so that they stay free."""
    found = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as listener:
            if port not in found and listener.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found


def at_free_doors(shell):
    plain, tls = map(str, free_ports(2))
    listens = f"surefoot hub run --listen 127.0.0.1:{plain} --tls-listen 127.0.0.1:{tls}"
    shell = shell.replace("surefoot hub run", listens)
    return shell.replace(DOORS[0], plain).replace(DOORS[1], tls)


def follow(page, tmp_path):
    """All output of the page's commands."""
    is_at_home = str(page.relative_to(ROOT)) in IN_THE_CLONE
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin",
        "SUREFOOT_RUNTIME": "lxc",
        "TMPDIR": str(tmp_path),
        "COLUMNS": "200",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PH_UPDATER_INTERVAL": "1",
    }
    with subprocess.Popen(
        ["bash", "-c", BEGIN + at_free_doors(script(page).replace(*FASTER))],
        cwd=ROOT if is_at_home else tmp_path,
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
@pytest.mark.parametrize(
    "name",
    ["README.md", "docs/tutorial/first-device.md", "docs/tutorial/hub-and-two-devices.md"],
)
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
