"""The reference page of the command line, made from the commands themselves.

`python -m surefoot.cli.reference > docs/reference/command-line.md`
"""

import sys
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from surefoot.cli.app import app
from surefoot.cli.lazy import LazyGroup, load
from surefoot.errors import OUTCOMES

SHAPES = """\
## `--json`

Members are only ever added.

**The device's own answer**, as [the socket's reference](socket.md) describes it:

| command | answer |
| --- | --- |
| `ctl status`, `ctl changes`, `ctl change N` | `GET /status`, `/changes`, `/changes/N` |
| `ctl containers`, `ctl groups` | `GET /containers`, `/groups` |
| `ctl objects`, `ctl steps` | `GET /objects`, `/steps` |
| `ctl steps get R`, `ctl steps progress R` | `GET /steps/R`, `/steps/R/progress` |
| `ctl config`, `ctl meta` | `GET /config2`, `/user-meta` (with `--device` `/device-meta`) |
| `ctl gc` | `POST /storage/gc` |

**One object a line, as it happens**, told apart by `kind`: `ctl install`, `ctl run`,
`ctl run-commit`, `ctl apply`, `ctl abort`, `ctl rollback`, `ctl reboot`, `ctl poweroff`,
`ctl make-factory`, `ctl go-remote`, `ctl unclaim`, `demo`.

| `kind` | members | when |
| --- | --- | --- |
| `sent` | `object`, `path`, `size` (bytes) | an object is through |
| `stored` | `revision`, `sent`, `kept`, `sent_bytes` | the revision is on the device |
| `command` | `op`, `payload`, `was_needed` | the command was accepted |
| `progress` | `revision`, `status`, `status-msg`, `cause`, `since`, `change` | with `--wait` |
| `result` | `revision`, `status`, `status-msg`, `exit_code` | last, of a waited update |
| `idle` | `running`, `status` | last, of `rollback`, `reboot` and `make-factory` that wait |

`demo` has `scene` (`number`, `title`, `what`), `says` (`side`, `text`), `progress` as above with
`side`, `called` (`side`, `words`), `printed` (`side`, `text`), `difference` (`text`), `record`
(`revision`, `on_device`, `at_hub`, `message`, `seconds`) and at the end `result` (`differences`,
`seconds`).

**The desk.** `post` prints one object a line: `sent` as above; `posted` with `revision`, `device`,
`nick`, `state-sha`, `sent`, `kept`, `sent_bytes`; with `--wait` then `progress` (`revision`,
`status`, `status-msg`, `retries`, `causes`, `at_s`) and at the end `result` (as `progress`, with
`exit_code` in place of `at_s`).

| command | prints |
| --- | --- |
| `devices` | `id`, `nick`, `running`, `target`, `status`, `status-msg`, `seen`, `address` of each |
| `devices DEVICE` | the same as one object, with `public`, `device-meta`, `user-meta` |
| `devices --watch` | such a row a line, each time that one changes |
| `step` | the Hub's step, and `changes` (`path`, `kind`; null without a step before) |
| `cancel` | `device`, `nick`, `revision`, `status`, `status-msg` |
| `login`, `logout`; `whoami` | `url`, `nick`; and `prn`, `type`, `until` |
| `claim` | `id`, `nick` |
| `logs` | the Hub's entry, a line each |
| `join-tokens create`, `ls`; `rm` | the Hub's answer; `id`, `disabled` |

**The Hub**

| command | prints |
| --- | --- |
| `hub user add`, `passwd`, `rm`; `ls` | the account; a list of them |
| `hub check` | what was found, and with `--repair` what was done |

**Others**

| command | prints |
| --- | --- |
| `device join` | `storage`, `hub` |
| `ctl events` | a line each: `{"id":N,"event":KIND,"data":{}}` |
| `ctl logs` | a line each: the agent's as it is stored; a container's as `{"platform":C,"msg":L}` |
| `ctl containers start`, `stop`, `restart` | `kind` `container`, `name`, `action`, `status` |
| `ctl objects put`, `get` | `sha256`, `size`; for `get` also `path` |
| `ctl steps put` | `revision` |
| `ctl meta set`, `delete` | `{KEY:VALUE}`; null for a key that is gone |
| `ctl signal`, `ctl buildinfo` | `signal`; `buildinfo` |
| `device create` | `storage`, `id`, `revision`, `objects` |
"""

_CODES = {
    0: "done; for a waited update UPDATED or DONE",
    1: "a failure of ours",
    2: "wrong usage",
    3: "refused, or WONTGO",
    4: "ERROR",
    5: "nobody answers",
    6: "the wait ran out; what was waited for may still happen",
    75: "busy: the same command may succeed later",
}


def page() -> str:
    """Markdown; the same text for the same commands."""
    return "\n\n".join([_introduction(), _exit_codes(), SHAPES.rstrip(), *_commands()]) + "\n"


def _introduction() -> str:
    return """# Command line

<!-- Generated from surefoot.cli; do not edit. -->

`surefoot --help`, and `--help` behind any command, say the same. `surefoot --install-completion`
lets the shell complete commands and options. Colours are for terminals only, and `NO_COLOR` turns
them off. Errors are one sentence on stderr."""


def _exit_codes() -> str:
    missing = {outcome.exit_code for outcome in OUTCOMES.values()} - _CODES.keys()
    assert not missing, f"exit codes without words: {missing}"
    rows = [f"| {code} | {meaning} |" for code, meaning in _CODES.items()]
    return "\n".join(["## Exit codes", "", "| code | meaning |", "| --- | --- |", *rows])


def _commands() -> Iterator[str]:
    for words, command, context in _walk("surefoot", get_command(app), None):
        text = command.get_help(context).rstrip()
        yield f"## {words}\n\n```text\n{text}\n```"


def _walk(words: str, command: Any, parent: Any) -> Iterator[tuple[str, Any, Any]]:
    """Each command after its group, with what its help needs to know of where it stands."""
    settings = {"terminal_width": 90, **command.context_settings}
    name = words.rpartition(" ")[2]
    context = command.context_class(command, info_name=name, parent=parent, **settings)
    yield words, command, context
    for name, member in getattr(command, "commands", {}).items():
        lazy = command.TABLE.get(name) if isinstance(command, LazyGroup) else None
        yield from _walk(f"{words} {name}", load(name, lazy) if lazy else member, context)


if __name__ == "__main__":
    sys.stdout.write(page())
