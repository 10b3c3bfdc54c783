"""`post`: a checkout becomes the next revision of a device, from far away."""

from pathlib import Path
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.ctl.transfers import transfers
from surefoot.cli.desk.link import AsJsonLines, DeviceName, HubName, at_device, reference
from surefoot.cli.desk.telling import Teller, downloads
from surefoot.cli.lazy import new_app
from surefoot.client.checkout import Source, open_source
from surefoot.client.desk.devices import Device
from surefoot.client.desk.hub import DeskHub
from surefoot.client.desk.post import Plan, plan
from surefoot.client.desk.post import post as bring
from surefoot.client.desk.text import printable
from surefoot.client.desk.wait import DEFAULT_TIMEOUT_S, Waiter

app = new_app()


@app.command(
    epilog="""\
Examples:

\b
  surefoot post my-checkout kitchen --message "new kernel" --wait
  surefoot post update.tgz ann/kitchen
  surefoot post my-checkout https://hub.example.org/trails/5f0c2a9be1d3a4c6b7e8f901

Exit codes of a waited post: 0 UPDATED or DONE, 3 WONTGO or CANCELLED, 4 ERROR, 5 the Hub is away,
6 the wait ran out: the update may still come to its end.
"""
)
def post(
    checkout: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKOUT", help="A checkout directory, an export tarball, or a state JSON."
        ),
    ],
    device: DeviceName,
    message: Annotated[
        str, typer.Option("-m", "--message", metavar="TEXT", help="A commit message.")
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the end, and tell how it goes.")
    ] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait at most."),
    ] = DEFAULT_TIMEOUT_S,
    rev: Annotated[
        int | None,
        typer.Option(
            "--rev", metavar="N", min=1, help="Its number; the next one by default. It must be."
        ),
    ] = None,
    hub: HubName = "",
    as_json: AsJsonLines = False,
) -> int:
    """Post a revision to a device, through its Hub.

    Sends the objects that the Hub lacks, then the state. What is cut is begun again, and what
    arrived is not sent twice: after a failure just post again. The device takes its revisions one
    by one, in order.
    """
    named = reference(device)
    source = open_source(checkout)
    for text in source.notes:
        output.note(text)

    async def work(found: DeskHub, meant: Device) -> int:
        planned = await plan(found, meant, source, rev)
        _warn_of_same(planned)
        teller = Teller(meant.nick, planned.revision, as_json=as_json)
        await _bring(found, planned, source, message, teller, as_json)
        if not wait:
            return 0
        waiter = Waiter(found, meant, planned.revision, timeout_s=timeout)
        with downloads(as_json) as watch:
            view = await waiter.wait(teller, watch)
        return teller.ended(view)

    return at_device(hub, named, work)


async def _bring(
    hub: DeskHub, planned: Plan, source: Source, message: str, teller: Teller, as_json: bool
) -> None:
    with transfers(as_json) as watch:
        done = await bring(hub, planned, source, message=message, watch=watch)
    teller.posted(planned, done)


def _warn_of_same(planned: Plan) -> None:
    if not planned.is_new:
        nick = printable(planned.device.nick)
        output.note(f"revision {planned.last} of {nick} has the same content; it is posted again")
