"""`surefoot hub ca` and `check`: what an operator needs beside the running Hub."""

import asyncio
import os
from typing import Annotated

import typer

from surefoot.cli import output
from surefoot.cli.hub.place import AsJson, Data, data_dir, existing, libraries
from surefoot.cli.lazy import new_app
from surefoot.cli.views.check import check_json, check_lines

app = new_app()


@app.command(epilog="Example:\n\n\b\n  surefoot hub ca > hub-ca.pem\n")
def ca(data: Data = None) -> None:
    """Print the certificate of the Hub's own authority.

    Devices and people who trust it trust this Hub. It is made when there is none yet, and stays.
    """
    with libraries():
        from surefoot.hub.certificates import authority_pem
        from surefoot.hub.settings import Layout
    place = Layout(data_dir(data, os.environ))
    output.show([authority_pem(place.tls).rstrip("\n")])


@app.command(
    epilog="""\
Examples:

\b
  surefoot hub check
  surefoot hub check --quick --json
  surefoot hub check --repair
"""
)
def check(
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended; the Hub must not run.")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not read the bytes of the objects.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Look for damage in the database and the stored objects.

    Also while the Hub runs. It says what it found, and what --repair would do about it. Ends with 0
    when all is well, with 1 when there are problems.
    """
    with libraries():
        from surefoot.hub.check.examine import examine
        from surefoot.hub.settings import Layout
    place = Layout(existing(data))
    visit = asyncio.run(examine(place, mends=repair, reads_all=not quick))
    if as_json:
        output.show_json(check_json(visit))
    else:
        output.show(check_lines(visit, repair))
    return int(any(finding.is_problem for finding in visit.left))
