"""`claim` and `devices`: which devices are mine, and what they do."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.desk.link import AsJson, HubName, at_device, at_hub, reference
from surefoot.cli.desk.views import device_line, device_lines, devices_lines
from surefoot.cli.lazy import new_app
from surefoot.client.desk import devices as fleet
from surefoot.client.desk.devices import Device, Overview, find, overview_of, overviews
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.pace import PACE, Patience
from surefoot.client.desk.references import Reference
from surefoot.client.desk.text import printable
from surefoot.errors import Busy, Unreachable
from surefoot.wire.hub import prn

app = new_app()

_LOOK_S = 2.0


@app.command(
    epilog="""\
Examples:

\b
  surefoot claim 5f0c2a9be1d3a4c6b7e8f901 simply-brave-otter
  surefoot claim https://hub.example.org/devices/5f0c2a9be1d3a4c6b7e8f901 simply-brave-otter

The device shows its id and its challenge in the files device-id and challenge of its run directory.
"""
)
def claim(
    device: Annotated[
        str, typer.Argument(metavar="URL-or-ID", help="HUB/devices/ID, or the id alone.")
    ],
    challenge: Annotated[
        str, typer.Argument(metavar="CHALLENGE", help="The words that the device shows.")
    ],
    hub: HubName = "",
    as_json: AsJson = False,
) -> None:
    """Make a new device yours."""
    named = reference(device)
    if named.owner or not prn.is_id(named.device):
        raise typer.BadParameter(
            "a device is claimed by its id, 24 hex digits", param_hint="URL-or-ID"
        )

    async def work(found: DeskHub) -> Device:
        return await fleet.claim(found, named.device, challenge.strip())

    claimed = at_hub(named.hub or hub, work)
    if as_json:
        output.show_json({"id": claimed.id, "nick": claimed.nick})
    else:
        output.show([f"claimed {printable(claimed.nick)} ({claimed.id})"])


@app.command(
    epilog="""\
Examples:

\b
  surefoot devices
  surefoot devices kitchen
  surefoot devices --watch

REVISION is what runs, and behind a slash what was posted last. SYNCING: claimed, and its first
state has not come yet.
"""
)
def devices(
    device: Annotated[
        str, typer.Argument(metavar="DEVICE", help="Only this one, whole: a nick, an id, or a URL.")
    ] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Go on, and show what changes.")] = False,
    hub: HubName = "",
    as_json: AsJson = False,
) -> None:
    """List your devices, what they run and how far they are.

    With --watch and --json each device is a line, at first and whenever it has changed.
    """
    named = reference(device) if device else None
    if watch:
        at_hub(named.hub or hub if named else hub, lambda found: _watch(found, named, as_json))
    elif named:
        _show_one(named, hub, as_json)
    else:
        _show_all(at_hub(hub, overviews), as_json)


def _show_all(rows: Sequence[Overview], as_json: bool) -> None:
    if as_json:
        output.show_json([_json(row) for row in rows])
    else:
        output.show(devices_lines(rows, output.now(), output.paint()))


def _show_one(named: Reference, hub: str, as_json: bool) -> None:
    async def work(found: DeskHub, meant: Device) -> tuple[Overview, Device]:
        return await overview_of(found, meant), meant

    row, meant = at_device(hub, named, work)
    if as_json:
        metas = {key: meant.members.get(key) or {} for key in ("device-meta", "user-meta")}
        output.show_json({**_json(row), "public": bool(meant.members.get("public")), **metas})
    else:
        output.show(device_lines(row, meant.members, output.now(), output.paint()))


def _json(row: Overview) -> dict[str, Any]:
    return {
        "id": row.id,
        "nick": row.nick,
        "running": row.running,
        "target": row.target,
        "status": row.status,
        "status-msg": row.message,
        "seen": row.seen or None,
        "address": row.address,
    }


async def _watch(hub: DeskHub, named: Reference | None, as_json: bool) -> None:
    """For ever, over a Hub that is away for a while."""
    patience = Patience(PACE)
    if as_json or not output.is_terminal():
        changed = _Changed()
        while True:
            for row in changed.of(await _patiently(hub, named, patience)):
                _show_changed(row, as_json)
            await asyncio.sleep(_LOOK_S)
    await _draw(hub, named, patience)


async def _patiently(hub: DeskHub, named: Reference | None, patience: Patience) -> list[Overview]:
    while True:
        try:
            rows = await _rows(hub, named)
        except (Unreachable, Busy) as error:
            await patience.rest(error)
        else:
            patience.headway()
            return rows


async def _rows(hub: DeskHub, named: Reference | None) -> list[Overview]:
    return [await overview_of(hub, await find(hub, named))] if named else await overviews(hub)


async def _draw(hub: DeskHub, named: Reference | None, patience: Patience) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            rows = await _patiently(hub, named, patience)
            lines = devices_lines(rows, output.now(), output.paint())
            live.update(Text.from_ansi("\n".join(lines)), refresh=True)
            await asyncio.sleep(_LOOK_S)


class _Changed:
    """Rows that differ from what was told of them; when they were seen does not count."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, ...]] = {}

    def of(self, rows: Sequence[Overview]) -> list[Overview]:
        found = [row for row in rows if self._told.get(row.id) != _told(row)]
        self._told.update({row.id: _told(row) for row in found})
        return found


def _told(row: Overview) -> tuple[str, ...]:
    return (row.nick, row.running, row.target, row.status, row.message, row.address)


def _show_changed(row: Overview, as_json: bool) -> None:
    if as_json:
        output.show_json_line(_json(row))
    else:
        output.show([device_line(row, output.now(), output.paint())])
