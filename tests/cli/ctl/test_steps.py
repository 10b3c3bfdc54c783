import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.client.story import RUN, Machine
from tests.device.server.memory_desk import STATE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "state.json"
    place.write_bytes(STATE)
    return place


@pytest.mark.parametrize("words", [["steps"], ["steps", "ls"]])
def test_revisions_are_listed(ctl: Run, words: list[str]) -> None:
    assert "Factory revision" in ctl(*words).out
    assert json.loads(ctl(*words, "--json").out)[0]["name"] == "0"


def test_a_state_comes_back_byte_for_byte(ctl: Run) -> None:
    assert ctl("steps", "get", "current").out.encode() == STATE
    assert ctl("steps", "get", "0", "--json").out.encode() == STATE


def test_a_state_is_stored_with_its_message(ctl: Run, machine: Machine, file: Path) -> None:
    assert ctl("steps", "put", file, "one", "-m", "why").out == "stored locals/one\n"
    assert machine.desk.states[RUN] == STATE
    assert machine.desk.messages[RUN] == "why"
    assert json.loads(ctl("steps", "put", file, RUN, "--json").out) == {"revision": RUN}


def test_a_bad_state_is_refused_with_its_reason(ctl: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("{}")
    ran = ctl("steps", "put", tmp_path / "bad", "one")
    assert ran.code == 3
    assert ran.err.startswith("surefoot: Parser: State JSON has bad format: bsp/run.json")


def test_progress_is_shown_as_it_is_stored(ctl: Run, machine: Machine) -> None:
    machine.desk.begin(RUN)
    machine.desk.tell("TESTING", "Awaiting to see if update is stable")
    assert ctl("steps", "progress", "one").out == "TESTING  Awaiting to see if update is stable\n"
    assert json.loads(ctl("steps", "progress", "one", "--json").out)["status"] == "TESTING"
    assert ctl("steps", "progress", "absent").code == 3


@pytest.mark.parametrize("words", [["get"], ["progress"]])
def test_a_step_that_is_not_there_is_named(ctl: Run, words: list[str]) -> None:
    ran = ctl("steps", *words, "nosuch")
    assert ran.code == 3
    assert "revision locals/nosuch: Resource does not exist" in ran.err
    assert "see `surefoot ctl steps`" in ran.err
