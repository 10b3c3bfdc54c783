import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.client.checkouts import sha
from tests.client.story import Machine

BODY = "the bytes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "file"
    place.write_text(BODY)
    return place


def test_a_file_is_stored_under_its_sum(ctl: Run, machine: Machine, file: Path) -> None:
    assert ctl("objects", "put", file).out == f"{sha(BODY)}  9 B\n"
    assert machine.desk.objects.verify(sha(BODY))
    told = json.loads(ctl("objects", "put", file, sha(BODY), "--json").out)
    assert told == {"sha256": sha(BODY), "size": 9}


def test_a_file_that_is_not_what_was_said_is_refused(
    ctl: Run, machine: Machine, file: Path
) -> None:
    ran = ctl("objects", "put", file, "0" * 64)
    assert ran.code == 3
    assert ran.err.startswith(f"surefoot: object {'0' * 64} from {file}: Object has bad checksum; ")
    assert machine.desk.objects.list() == []


@pytest.mark.parametrize("words", [["objects"], ["objects", "ls"]])
def test_objects_are_listed(ctl: Run, file: Path, words: list[str]) -> None:
    ctl("objects", "put", file)
    assert ctl(*words).out.splitlines()[-1] == "1 object, 9 B"
    assert json.loads(ctl(*words, "--json").out) == [{"sha256": sha(BODY), "size": "9"}]


def test_the_bytes_come_back_to_stdout_or_into_a_file(ctl: Run, file: Path, tmp_path: Path) -> None:
    ctl("objects", "put", file)
    assert ctl("objects", "get", sha(BODY)).out == BODY
    told = ctl("objects", "get", sha(BODY), tmp_path / "back", "--json")
    assert (tmp_path / "back").read_text() == BODY
    assert json.loads(told.out)["path"] == str(tmp_path / "back")


def test_bytes_that_are_not_what_the_name_says_are_not_kept(
    ctl: Run, machine: Machine, file: Path, tmp_path: Path
) -> None:
    ctl("objects", "put", file)
    machine.desk.objects.path(sha(BODY)).write_text("spoilt!!!")
    ran = ctl("objects", "get", sha(BODY), tmp_path / "back")
    assert ran.code == 3
    assert "has other bytes than its name says" in ran.err
    assert sorted(place.name for place in tmp_path.iterdir()) == ["device", "file"]


def test_what_is_not_there_is_told_and_leaves_no_file(ctl: Run, tmp_path: Path) -> None:
    ran = ctl("objects", "get", "0" * 64, tmp_path / "back")
    assert ran.code == 3
    assert ran.err.startswith(f"surefoot: object {'0' * 64}: Request has bad object name; see `s")
    assert not (tmp_path / "back").exists()


def test_a_missing_file_is_named(ctl: Run, tmp_path: Path) -> None:
    ran = ctl("objects", "put", tmp_path / "none")
    assert ran.code == 3
    assert f"{tmp_path / 'none'} is not there" in ran.err
