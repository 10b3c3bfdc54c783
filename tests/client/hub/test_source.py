"""A file on its way out."""

from pathlib import Path

import pytest

from surefoot.client.hub.source import FileSource
from surefoot.errors import InvalidInput, NotFound


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


def test_it_gives_what_was_announced_and_tells_how_far_it_is(file: Path) -> None:
    told: list[int] = []
    with FileSource(file, 7, told.append) as source:
        assert [source.read(4), source.read(4), source.read(4)] == [b"0123", b"456", b""]
    assert told == [4, 7, 7]


def test_it_begins_again_anywhere(file: Path) -> None:
    told: list[int] = []
    with FileSource(file, 10, told.append) as source:
        source.read(9)
        source.rewind(2)
        assert source.read(100) == b"23456789"
        source.rewind(0)
        assert source.read(1) == b"0"
    assert told == [9, 10, 1]


def test_a_file_that_became_shorter_is_no_source(file: Path) -> None:
    with FileSource(file, 11, None) as source:
        source.read(10)
        with pytest.raises(InvalidInput, match="1 bytes shorter"):
            source.read(10)


def test_without_a_file_there_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        FileSource(tmp_path / "none", 1, None)
