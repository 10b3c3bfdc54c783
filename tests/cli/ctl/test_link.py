from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from surefoot.cli.ctl.link import device, revision_name
from surefoot.errors import InvalidInput, Unreachable


def context(obj: Path | None) -> Any:
    return SimpleNamespace(obj=obj)


def test_the_socket_of_the_verb_goes_before_that_of_the_group() -> None:
    assert device(context(Path("/group")), Path("/verb")).path == Path("/verb")
    assert device(context(Path("/group")), None).path == Path("/group")


def test_without_any_socket_the_places_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.client.unix.is_socket", lambda _: False)
    with pytest.raises(
        Unreachable, match=r"Name its socket with -s, or .* `export SUREFOOT_SOCKET="
    ):
        device(context(None), None)


@pytest.mark.parametrize(
    ("text", "name"),
    [("one", "locals/one"), ("locals/one", "locals/one"), ("0", "0"), ("12", "12")],
)
def test_a_revision_may_be_named_in_short(text: str, name: str) -> None:
    assert revision_name(text) == name


@pytest.mark.parametrize("text", ["", "a/b", "..", "007", "locals/"])
def test_what_no_revision_is_called_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        revision_name(text)
