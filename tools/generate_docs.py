"""Writes the reference pages that are made from tables in the code; `--check` only compares.

A page is a row of `PAGES`: its path below docs/, and the function that makes its text.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from surefoot.cli import reference as command_line
from surefoot.device.config_keys import KEYS, Key
from surefoot.device.server import reference as control_socket
from surefoot.update import reference as progress

DOCS = Path(__file__).parents[1] / "docs"
MADE = "<!-- Made by `make docs` from {source}; change it there. -->\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _config_row(key: Key) -> str:
    default = f"`{key.default}`" if key.default else "empty"
    return _row(f"`{key.name}`", key.kind.expected, default, key.levels or "none", key.used_by)


def config_page() -> str:
    return (
        MADE.format(source="`src/surefoot/device/config_keys.py`")
        + """
# Configuration of the agent

Each value comes from the highest level that sets it: the default, then

| letter | level | where |
| --- | --- | --- |
| v | `pantavisor.config` | `/etc/pantavisor/`, then `config/` of the storage |
| h | `pantahub.config` | `config/` of the storage; the Hub credentials are written there |
| p | policy | `policies/<PV_POLICY>.config` in the same two places |
| o | OEM file | `<PV_OEM_NAME>/<PV_POLICY, or default>.config` of the running revision |
| e | kernel command line, then environment | names may be written small |
| u | user metadata | |
| m | command | |

Files hold `key=value` lines; `#` starts a comment; keys are read however they are capitalised.
What cannot be used is said with its file and line, and the level below goes on to count: bad
configuration never stops a boot. `surefoot ctl config` shows each value and where it came from;
secrets are not shown. Paths below `/storage` and `/run/pantavisor/pv`, and the roots `/volumes`,
`/configs`, `/exports`, `/writable` and `/media`, are places in this device's storage and run
directory. Keys that begin with `PV_SYSCTL_` or `PV_POWER_` are accepted and not used.

"""
        + _row("key", "value", "default", "levels", "used by")
        + _row(*["---"] * 5)
        + "".join(_config_row(key) for key in KEYS.values())
    )


PAGES: dict[str, Callable[[], str]] = {
    "reference/command-line.md": command_line.page,
    "reference/config.md": config_page,
    "reference/progress.md": progress.page,
    "reference/socket.md": control_socket.page,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a page is stale")
    check = parser.parse_args().check
    stale = 0
    for name, make in PAGES.items():
        page, text = DOCS / name, make()
        if page.exists() and page.read_text() == text:
            continue
        stale += 1
        if check:
            print(f"docs/{name} is stale: run `make docs`", file=sys.stderr)
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text)
            print(f"docs/{name} written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
