import pytest

from surefoot.cli import main
from tests.cli.conftest import Run


def test_the_agent_gets_its_words_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def agent(argv: list[str]) -> int:
        asked.append(argv)
        return 3

    monkeypatch.setattr("surefoot.device.main.main", agent)
    assert main(["agent", "/storage", "--run", "/run/x"]) == 3
    assert asked == [["/storage", "--run", "/run/x"]]


def test_its_help_is_that_of_the_command_line(surefoot: Run) -> None:
    text = surefoot("agent", "--help").out
    assert "Usage: surefoot agent [OPTIONS] {STORAGE}" in text
    assert "pv_rev" in text
