import os
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.cli.hub.place import data_dir, existing, libraries
from surefoot.errors import NotFound, SurefootError

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


# As the package is without its extra.
WITHOUT = """
import sys
for name in ("aiohttp", "argon2", "cryptography", "jwt", "msgspec", "uvloop"):
    sys.modules[name] = None
from surefoot.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_says_so_and_touches_nothing(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "hub.db").touch()
    command = [sys.executable, "-c", WITHOUT, "hub", *words, "--data", tmp_path]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "pip install 'surefoot[hub]'" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["hub.db"]
