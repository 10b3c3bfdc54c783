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
from surefoot.hub import openapi
from surefoot.hub.frame.hub import Limits
from surefoot.hub.frame.limits import Rate
from surefoot.hub.routes import ROUTES
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

Without `PH_CREDS_HOST` there is no Hub, and no connection is made. What the Hub's keys do:
[updates from afar](../how-to/updates-from-afar.md), [the link to the
Hub](../explanation/the-link-to-the-hub.md), [TLS](../how-to/tls-for-your-hub.md).

"""
        + _row("key", "value", "default", "levels", "used by")
        + _row(*["---"] * 5)
        + "".join(_config_row(key) for key in KEYS.values())
    )


def hub_api_page() -> str:
    return (
        MADE.format(source="the routes of `src/surefoot/hub/`")
        + """
# API of the Hub

Pantavisor's protocol, so that its agent and `pvr` work; rows that only Surefoot has are not told
apart. A running Hub serves the same with the types of all bodies as `/openapi.json`.

- JSON in and out. A path may end with a slash. Ids are 24 hex digits, names are PRNs
  (`prn:::devices:/ID`), times RFC 3339. Unknown members are let pass.
- `Authorization: Bearer TOKEN`, with a token of `POST /auth/login`. Without a good one: 401, with
  `WWW-Authenticate: JWT realm="pantahub services", ph-aeps="BASE/auth"`.
- An error is `{"incident":N,"error":"TEXT","code":STATUS}`; the text says what to do. 400: cannot
  be read; 401: log in; 403: log in as somebody else; 404: not there; 409: the present state forbids
  it; 413, 429, 507: too large, too often, no room; 422: makes no sense; 503: busy, with
  `Retry-After`. [Why these](../decisions/0018-who-may-see-what.md).
- *For* says who gets past the door. Whose things he may see or change is a second question: his
  own, and what a public device shows. At `/local-s3` the right is in the address itself.

"""
        + _limits(Limits())
        + openapi.markdown(ROUTES)
    )


def _limits(limits: Limits) -> str:
    rows = {
        "a token of a device; of a user; anonymous": ", ".join(
            map(_span, (limits.token_s, limits.user_token_s, limits.anonymous_s))
        ),
        "an address for an object's bytes": _span(limits.url_s),
        "one object": f"{limits.max_object // 1024**3} GiB",
        "all objects of one account, unless set": f"{limits.account_bytes // 1024**3} GiB",
        "devices of one account, unless set": f"{limits.account_devices:,}",
        "uploads of one account at once": f"{limits.account_uploads}",
        "lines of log kept for each device": f"{limits.log_lines:,}",
        "calls of one device": _rate(limits.device_rate),
        "calls of one account": _rate(limits.account_rate),
        "calls without a token from one address": _rate(limits.address_rate),
    }
    lines = [_row("limit of", "is"), _row("---", "---"), *(_row(*pair) for pair in rows.items())]
    return "".join(lines)


def _span(seconds: int) -> str:
    units = ((86400, "days"), (3600, "h"), (60, "min"), (1, "s"))
    size, unit = next((size, unit) for size, unit in units if seconds % size == 0)
    return f"{seconds // size} {unit}".replace("1 days", "1 day")


def _rate(rate: Rate) -> str:
    return f"{rate.per_s:g} a second, {rate.burst:,} at once after a pause"


PAGES: dict[str, Callable[[], str]] = {
    "reference/command-line.md": command_line.page,
    "reference/config.md": config_page,
    "reference/hub-api.md": hub_api_page,
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
