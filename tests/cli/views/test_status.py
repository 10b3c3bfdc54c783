from datetime import UTC, datetime

import pytest

from surefoot.cli.paint import PLAIN, Paint
from surefoot.cli.views.status import status_lines
from tests.cli.views.answers import IDLE, STATUS

NOW = datetime(2026, 11, 24, 6, 52, 0, tzinfo=UTC)


def row(status: dict[str, object], name: str) -> str:
    found = [line for line in status_lines(status, NOW, PLAIN) if line.startswith(name)]
    return found[0].removeprefix(name).strip() if found else ""


def test_an_idle_device_takes_four_lines() -> None:
    assert status_lines(IDLE, NOW, PLAIN) == [
        "running         0  READY",
        "trying          nothing",
        "rollback point  0",
        "mode            local, containers by lxc",
    ]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"trying": None}, "nothing"),
        ({"trying": "7", "running": "7", "update": {"revision": "7", "stage": "goals"}}, "tried"),
        ({"trying": "7", "running": "7"}, "the next boot decides"),
        ({"trying": "7", "staged": "7"}, "applied: the next reboot tries it"),
        ({"trying": "7"}, "armed: the next boot tries it"),
    ],
)
def test_what_a_try_means_is_said(facts: dict[str, object], told: str) -> None:
    """R3, R4."""
    assert told in row(IDLE | facts, "trying")


def test_each_wait_says_since_when_for_what_and_until_when() -> None:
    """peers 3: nebraska#853, hawkbit#1667."""
    lines = status_lines(STATUS, NOW, PLAIN)
    place = lines.index("update locals/app-2 waits for status goals of all containers")
    assert lines[place + 1] == "  since 06:51:34Z (26 s), until 06:53:34Z (1 min 34 s left)"


def test_a_wait_without_a_limit_says_so() -> None:
    lines = status_lines(STATUS, NOW, PLAIN)
    assert "  since 2026-11-23 06:51:34Z (1 d 0 h), without a limit of its own" in lines


def test_a_member_that_an_older_device_leaves_out_is_no_error() -> None:
    old = {key: STATUS[key] for key in STATUS if key not in ("queue", "command", "staged")}
    assert status_lines(old, NOW, PLAIN)


def test_colours_only_add_to_the_text() -> None:
    import re

    painted = "\n".join(status_lines(STATUS, NOW, Paint(colours=True)))
    assert re.sub(r"\x1b\[\d+m", "", painted) == "\n".join(status_lines(STATUS, NOW, PLAIN))
