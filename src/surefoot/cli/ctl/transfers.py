"""How objects on their way are shown: bars on a terminal, else a line for each that is through."""

from collections.abc import Iterator
from contextlib import contextmanager

from surefoot.cli import output
from surefoot.cli.table import size
from surefoot.client.install import Transfer, Watch


@contextmanager
def transfers(as_json: bool) -> Iterator[Watch]:
    if as_json:
        yield _tell_json
    elif output.is_terminal():
        with _bars() as watch:
            yield watch
    else:
        yield _tell


def _tell(each: Transfer) -> None:
    if each.done == each.size:
        output.show([f"sent {each.path} ({size(each.size)})"])


def _tell_json(each: Transfer) -> None:
    if each.done == each.size:
        members = {"object": each.sha, "path": each.path, "size": each.size}
        output.show_json_line({"kind": "sent", **members})


@contextmanager
def _bars() -> Iterator[Watch]:
    """Bars of rich, which is worth its start-up time only here; gone once all is through."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskID,
        TextColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    known: dict[str, TaskID] = {}
    with Progress(*columns, transient=True) as bars:

        def watch(each: Transfer) -> None:
            if each.sha not in known:
                known[each.sha] = bars.add_task(each.path, total=each.size)
            bars.update(known[each.sha], completed=each.done)

        yield watch
