import errno

import pytest

from surefoot.cli.complaints import about, refused_by_system
from surefoot.errors import Busy, Conflict, NotFound


def test_an_error_of_the_system_names_the_file_and_what_is_wrong_with_it() -> None:
    error = PermissionError(errno.EACCES, "Permission denied", "/etc/x", None, "/etc/y")
    said = refused_by_system(error)
    assert said.startswith("/etc/x to /etc/y cannot be used: Permission denied; check the path")


def test_an_error_of_the_system_without_a_name_is_a_sentence_too() -> None:
    assert refused_by_system(OSError("odd")).startswith("this cannot be used: odd; ")
    assert "TimeoutError" in refused_by_system(TimeoutError())


@pytest.mark.parametrize("kind", [NotFound, Conflict])
def test_a_refusal_says_what_it_was_about_and_what_to_do(kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"^run x: not there; look here$"), about("run x", "look here"):
        raise kind("not there")


def test_what_is_no_refusal_passes_as_it_is() -> None:
    busy = Busy("another update runs", 7)
    with pytest.raises(Busy) as caught, about("run x", "look there"):
        raise busy
    assert caught.value is busy
