import builtins
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.cli.hub.place import data_dir, existing, libraries
from surefoot.errors import NotFound, SurefootError
from tests.cli.conftest import Run

COMMANDS = [
    ["run"],
    ["ca"],
    ["check"],
    ["user", "add", "ada", "--password-stdin"],
    ["user", "passwd", "ada", "--password-stdin"],
    ["user", "rm", "ada"],
    ["user", "ls"],
]


def test_the_data_are_where_services_keep_theirs_or_at_home() -> None:
    assert data_dir(None, {}, user=0) == Path("/var/lib/surefoot-hub")
    assert data_dir(None, {}, user=1000) == Path.home() / ".local/share/surefoot-hub"
    assert data_dir(None, {"XDG_DATA_HOME": "/x"}, user=1000) == Path("/x/surefoot-hub")
    assert data_dir(Path("there"), {"XDG_DATA_HOME": "/x"}, user=0) == Path("there")


def test_a_command_that_looks_makes_no_hub_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no Hub in .*--data"):
        existing(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_slip_of_ours_is_no_missing_library() -> None:
    with pytest.raises(ModuleNotFoundError), libraries():
        import surefoot.no_such_module  # type: ignore[import-not-found]  # noqa: F401


@pytest.mark.parametrize("name", ["aiohttp", "jwt", "cryptography.x509"])
def test_a_missing_library_is_said_with_what_to_install(name: str) -> None:
    with pytest.raises(SurefootError, match=r"pip install 'surefoot\[hub\]'"), libraries():
        raise ModuleNotFoundError(name=name)


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the package is without its extra."""
    missing = ("aiohttp", "argon2", "cryptography", "jwt", "msgspec")
    really: Callable[..., object] = builtins.__import__

    def no_import(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return really(name, *rest, **more)

    for name in list(sys.modules):
        if name.partition(".")[0] in missing or name.startswith("surefoot.hub"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", no_import)


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_says_so(words: list[str], surefoot: Run, tmp_path: Path) -> None:
    (tmp_path / "hub.db").touch()
    ran = surefoot("hub", *words, "--data", tmp_path)
    assert ran.code == 1
    assert "pip install 'surefoot[hub]'" in ran.err
    assert ran.err.count("\n") == 1
    assert os.listdir(tmp_path) == ["hub.db"]
