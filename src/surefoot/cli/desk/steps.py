"""`step` and `cancel`: one revision of a device, as the Hub holds it."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from surefoot.cli import output
from surefoot.cli.desk.link import AsJson, DeviceName, HubName, at_device, reference
from surefoot.cli.desk.views import step_lines
from surefoot.cli.lazy import new_app
from surefoot.client.desk import steps
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.references import Reference
from surefoot.client.desk.steps import last_revision, step_body
from surefoot.client.desk.text import printable
from surefoot.errors import NotFound
from surefoot.revision import Change

app = new_app()

RevisionNumber = Annotated[
    int | None,
    typer.Argument(metavar="REV", min=0, help="The number of the revision; the last by default."),
]


@app.command(
    epilog="""\
Examples:

\b
  surefoot step kitchen
  surefoot step kitchen 7 --json
"""
)
def step(
    device: DeviceName, rev: RevisionNumber = None, hub: HubName = "", as_json: AsJson = False
) -> None:
    """Show how far a revision of a device has come, and what it changes."""
    named = reference(device)

    async def work(found: DeskHub, meant: Device) -> tuple[Device, dict[str, Any], Changes]:
        number = await _number(found, meant, named, rev)
        body = await step_body(found, meant, number)
        return meant, steps.loaded(body), await _changes(found, meant, number, body)

    meant, shown, changed = at_device(hub, named, work)
    if as_json:
        output.show_json({**shown, "changes": _changes_json(changed)})
    else:
        output.show(step_lines(meant.nick, shown, changed, output.now(), output.paint()))


Changes = Sequence[Change] | None


async def _changes(hub: DeskHub, device: Device, number: int, body: bytes) -> Changes:
    """Against the revision before; None where there is none."""
    if number == 0:
        return None
    try:
        before = await step_body(hub, device, number - 1)
    except NotFound:
        return None
    return steps.changes(steps.state_text(before), steps.state_text(body))


def _changes_json(changed: Changes) -> list[dict[str, str]] | None:
    if changed is None:
        return None
    return [{"path": change.path, "kind": change.kind.value} for change in changed]


async def _number(hub: DeskHub, device: Device, named: Reference, rev: int | None) -> int:
    """The argument, else that of the URL, else the last one."""
    chosen = named.revision if rev is None else rev
    return await last_revision(hub, device) if chosen is None else chosen


@app.command(
    epilog="""\
Examples:

\b
  surefoot cancel kitchen
  surefoot cancel kitchen 7
"""
)
def cancel(
    device: DeviceName, rev: RevisionNumber = None, hub: HubName = "", as_json: AsJson = False
) -> None:
    """Cancel a revision that its device has not begun to install.

    Once the device has installed it, it goes on, and finishes or rolls back by itself.
    """
    named = reference(device)

    async def work(found: DeskHub, meant: Device) -> tuple[Device, int, steps.View]:
        number = await _number(found, meant, named, rev)
        return meant, number, await steps.cancel(found, meant, number)

    meant, number, view = at_device(hub, named, work)
    if as_json:
        members = {"device": meant.id, "nick": meant.nick, "revision": number}
        output.show_json({**members, "status": view.status, "status-msg": view.message})
    else:
        output.show([f"cancelled revision {number} of {printable(meant.nick)}"])
