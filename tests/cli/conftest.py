from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surefoot.cli import main, output
from tests.client.story import Machine

NOW = datetime(2026, 11, 24, 6, 52, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches the command line under test."""
    for name in ("NO_COLOR", "SUREFOOT_SOCKET", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(output, "now", lambda: NOW)


@pytest.fixture
def surefoot(capfd: pytest.CaptureFixture[str]) -> Run:
    """Calls the command line in this process."""

    def run(*arguments: str | Path) -> Ran:
        capfd.readouterr()
        code = main(list(map(str, arguments)))
        told = capfd.readouterr()
        return Ran(code, told.out, told.err)

    return run


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "device")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def ctl(surefoot: Run, machine: Machine) -> Run:
    """`surefoot ctl` for the machine's socket."""

    def run(*arguments: str | Path) -> Ran:
        return surefoot("ctl", "-s", machine.path, *arguments)

    return run
