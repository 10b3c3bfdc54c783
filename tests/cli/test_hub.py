import re

import pytest

from surefoot.cli.hub import HubCommands
from surefoot.cli.lazy import load
from tests.cli.conftest import Run
from tests.cli.test_app import leaves

COMMANDS = [
    leaf for name, lazy in HubCommands.TABLE.items() for leaf in leaves((name,), load(name, lazy))
]


def test_the_table_says_what_the_modules_say() -> None:
    for name, lazy in HubCommands.TABLE.items():
        command = load(name, lazy)
        assert command.name in (name, "")
        assert command.help.partition("\n")[0] == lazy.help, name


@pytest.mark.parametrize(
    ("words", "command"), COMMANDS, ids=lambda it: str(it[0]) if isinstance(it, tuple) else ""
)
def test_each_command_says_where_the_data_are_and_has_an_example(
    words: tuple[str, ...], command: object
) -> None:
    flags = {flag for option in command.params for flag in option.opts}  # type: ignore[attr-defined]
    assert "--data" in flags
    examples = re.findall(r"surefoot hub (.*)", command.epilog or "")  # type: ignore[attr-defined]
    assert any(example.startswith(" ".join(words)) for example in examples)


def test_the_group_alone_shows_its_help_as_wrong_usage(surefoot: Run) -> None:
    ran = surefoot("hub")
    assert ran.code == 2
    assert "Usage: surefoot hub" in ran.err
