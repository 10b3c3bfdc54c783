import re
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot import __version__
from surefoot.cli.app import Root
from surefoot.cli.ctl import Verbs
from surefoot.cli.lazy import load
from surefoot.errors import OUTCOMES, SurefootError
from tests.cli.conftest import Run
from tests.client.checkouts import checkout

VERBS = sorted(Verbs.TABLE)


def leaves(prefix: tuple[str, ...], command: object) -> list[tuple[tuple[str, ...], object]]:
    """Every command that can be called, with the words that call it."""
    members = getattr(command, "commands", {})
    found = [leaf for name, one in members.items() for leaf in leaves((*prefix, name), one)]
    return found if members else [(prefix, command)]


def every_verb() -> list[tuple[tuple[str, ...], object]]:
    found = [(name, load(name, lazy)) for name, lazy in Verbs.TABLE.items()]
    return [leaf for name, command in found for leaf in leaves((name,), command)]


EVERY_VERB = every_verb()


def test_help_comes_without_loading_the_groups_or_rich() -> None:
    script = (
        "import sys; from surefoot.cli import main; main(['--help']);"
        "bad = [m for m in sys.modules if m.startswith(('rich', 'surefoot.cli.ctl',"
        " 'surefoot.device', 'surefoot.client'))]; sys.exit(str(bad) if bad else 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "demo" in ran.stdout


@pytest.mark.parametrize("arguments", ["['agent']", "['device', 'run', '/nowhere']"])
def test_what_stays_in_a_device_s_memory_does_not_load_the_command_line(arguments: str) -> None:
    script = (
        f"import sys; from surefoot.cli import main\ntry: main({arguments})\n"
        "except (OSError, SystemExit): pass\n"
        "bad = [m for m in ('typer', 'rich', 'surefoot.cli.app') if m in sys.modules]\n"
        "sys.exit(str(bad) if bad else 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("table", [Root, Verbs])
def test_the_table_of_a_group_says_what_its_modules_say(table: type[Root]) -> None:
    for name, lazy in table.TABLE.items():
        command = load(name, lazy)
        assert command.name in (name, "")
        assert command.help.partition("\n")[0] == lazy.help, name


@pytest.mark.parametrize(
    ("words", "command"), EVERY_VERB, ids=lambda it: " ".join(it) if isinstance(it, tuple) else ""
)
def test_every_verb_takes_a_socket_and_gives_json(words: tuple[str, ...], command: object) -> None:
    flags = {flag for option in command.params for flag in option.opts}  # type: ignore[attr-defined]
    assert {"-s", "--socket", "--json"} <= flags


@pytest.mark.parametrize(
    ("words", "command"), EVERY_VERB, ids=lambda it: " ".join(it) if isinstance(it, tuple) else ""
)
def test_every_verb_has_examples_that_call_it(words: tuple[str, ...], command: object) -> None:
    examples = re.findall(r"surefoot ctl (.*)", command.epilog or "")  # type: ignore[attr-defined]
    called = f"{' '.join(words).removesuffix(' ls')}"
    assert any(re.sub(r"^-s \S+ ", "", example).startswith(called) for example in examples)


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["-h"],
        ["ctl", "-h"],
        ["ctl", "status", "-h"],
        ["device", "run", "-h"],
        ["agent", "--help"],
        ["demo", "-h"],
        ["ctl", "containers", "stop", "-h"],
    ],
)
def test_help_is_no_failure(surefoot: Run, words: list[str]) -> None:
    ran = surefoot(*words)
    assert ran.code == 0
    assert ran.out.startswith(f"Usage: surefoot {' '.join(words[:-1])}".rstrip())
    assert "Example" in ran.out or words[0] == "agent" or words[:2] == ["ctl", "status"]


def test_the_exit_codes_are_in_the_help(surefoot: Run) -> None:
    """R24."""
    text = surefoot("--help").out
    codes = {code for outcome in OUTCOMES.values() for code in [str(outcome.exit_code)]}
    assert all(re.search(rf"\b{code}\b", text) for code in codes)


def test_the_version_is_told(surefoot: Run) -> None:
    assert surefoot("--version").out == f"surefoot {__version__}\n"


@pytest.mark.parametrize("words", [[], ["ctl"], ["device"]])
def test_a_group_alone_shows_its_help_as_wrong_usage(surefoot: Run, words: list[str]) -> None:
    ran = surefoot(*words)
    assert ran.code == 2
    assert "Usage: surefoot" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ctl", "stauts"], "No such command 'stauts'. Did you mean 'status'"),
        (["ctl", "status", "--jsno"], "No such option"),
        (["ctl", "change", "x"], "Invalid value for 'N'"),
        (["device", "create", "x"], "Missing option '--from'"),
    ],
)
def test_wrong_usage_is_explained_with_exit_code_2(
    surefoot: Run, words: list[str], told: str
) -> None:
    ran = surefoot(*words)
    assert ran.code == 2
    assert told in ran.err
    assert "Usage: surefoot" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("kind", list(OUTCOMES))
def test_each_error_is_one_sentence_and_its_exit_code(
    ctl: Run, monkeypatch: pytest.MonkeyPatch, kind: type[SurefootError]
) -> None:
    from surefoot.client.socket import SocketClient

    def fail(*_: object) -> None:
        raise kind("the sentence")

    monkeypatch.setattr(SocketClient, "get", fail)
    ran = ctl("changes")
    assert (ran.code, ran.out, ran.err) == (
        OUTCOMES[kind].exit_code,
        "",
        "surefoot: the sentence\n",
    )


def test_nobody_there_is_said_with_the_place(surefoot: Run, tmp_path: object) -> None:
    ran = surefoot("ctl", "-s", f"{tmp_path}/none", "status")
    assert ran.code == 5
    assert f"nobody answers at {tmp_path}/none" in ran.err


def test_the_socket_may_stand_before_or_after_the_verb(surefoot: Run, machine: object) -> None:
    path = machine.path  # type: ignore[attr-defined]
    assert surefoot("ctl", "-s", path, "changes").code == 0
    assert surefoot("ctl", "changes", "-s", path).code == 0
    assert surefoot("ctl", "-s", "/nowhere", "changes", "--socket", path).code == 0
    assert surefoot("ctl", "-s", path, "objects").code == 0
    assert surefoot("ctl", "objects", "-s", path, "ls").code == 0


def test_the_environment_names_the_socket(
    surefoot: Run, machine: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREFOOT_SOCKET", str(machine.path))  # type: ignore[attr-defined]
    assert surefoot("ctl", "changes").code == 0


def complete(words: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-m", "surefoot"],
        env={
            "_SUREFOOT_COMPLETE": "complete_bash",
            "_TYPER_COMPLETE_ARGS": words,
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.split()


def test_the_shell_completes_groups_verbs_and_options() -> None:
    assert complete("surefoot d") == ["demo", "device", "devices"]
    assert complete("surefoot ctl ch") == ["changes", "change"]
    assert "--wait" in complete("surefoot ctl install --")
    assert "restart" in complete("surefoot ctl containers r")


def test_an_error_of_the_system_is_one_sentence(surefoot: Run, tmp_path: Path) -> None:
    tree = checkout(tmp_path / "tree")
    ran = surefoot("device", "create", "/proc/nothing/here", "--from", tree)
    assert ran.code == 1
    assert re.fullmatch(r"surefoot: /proc/\S* cannot be used: [^\n]*; check [^\n]*\n", ran.err)


def test_the_first_commands_of_the_help_find_the_device_that_they_run(surefoot: Run) -> None:
    """R24: `ctl` looks in the environment, not below /run/surefoot."""
    lines = surefoot("--help").out.splitlines()
    (run,) = [line.split("--run ")[1] for line in lines if "surefoot device run " in line]
    (export,) = [line.split("export ")[1].split()[0] for line in lines if "export " in line]
    assert export == f"SUREFOOT_SOCKET={run}/pv-ctrl"
