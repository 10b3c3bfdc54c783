from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from surefoot.client import tail
from surefoot.client.tail import Follower, target
from surefoot.errors import NotFound, Unreachable
from tests.client.story import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(tail, "_PAUSE_S", 0.01)
    made = Machine(tmp_path)
    made.desk.pause.set()  # a followed log ends by itself, as when the connection breaks
    try:
        yield made
    finally:
        made.close()


def test_a_log_has_a_path_of_its_own() -> None:
    assert target("locals/one", "app", 5) == "/logs/locals/one/app?tail=5"
    assert target("0", "app", 5, follow=True) == "/logs/0/app?tail=5&follow=1"


def test_after_a_broken_connection_it_goes_on_with_the_next_line(machine: Machine) -> None:
    lines = iter(Follower(machine.client, "0", "app", 2))
    assert list(islice(lines, 3)) == [b"two", b"three", b"four"]
    machine.desk.log_lines = [b"one\n", b"two\n", b"three\n", b"four\n", b"five\n"]
    assert list(islice(lines, 2)) == [b"five", b"four"]


def test_the_log_of_another_revision_is_told_from_its_beginning(machine: Machine) -> None:
    lines = iter(Follower(machine.client, "current", "app", 1))
    assert list(islice(lines, 2)) == [b"three", b"four"]
    machine.desk.log_lines = [b"new\n", b"log\n"]
    assert list(islice(lines, 2)) == [b"new", b"log"]


def test_a_device_that_reboots_is_waited_for(machine: Machine) -> None:
    lines = iter(Follower(machine.client, "0", "app", 1))
    assert list(islice(lines, 2)) == [b"three", b"four"]
    machine.off()
    machine.desk.log_lines = [b"back\n"]
    machine.then(machine.on)
    assert next(lines) == b"back"


def test_a_device_that_stays_away_is_not(machine: Machine) -> None:
    lines = iter(Follower(machine.client, "0", "app", 1, patience_s=0.05))
    assert next(lines) == b"three"
    machine.off()
    with pytest.raises(Unreachable, match=r"for 0.05 s"):
        list(lines)


def test_a_log_that_is_not_there_at_first_is_refused(machine: Machine) -> None:
    with pytest.raises(NotFound):
        list(Follower(machine.client, "0", "absent", 1))
