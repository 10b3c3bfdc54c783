"""What the commands of a Hub share: where its data is, and its libraries."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from surefoot.errors import NotFound, SurefootError

if TYPE_CHECKING:
    from surefoot.hub.db.sqlite import SqliteDatabase

T = TypeVar("T")
LIBRARIES = frozenset({"aiohttp", "argon2", "cryptography", "jwt", "msgspec"})

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The Hub's data directory [default: /var/lib/surefoot-hub for root, else "
        "~/.local/share/surefoot-hub].",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def data_dir(given: Path | None, environ: Mapping[str, str], user: int | None = None) -> Path:
    if given is not None:
        return given
    user = os.geteuid() if user is None else user
    if user == 0:
        return Path("/var/lib/surefoot-hub")
    home = environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local/share")
    return Path(home) / "surefoot-hub"


def existing(given: Path | None) -> Path:
    """For commands that look: they make no data directory where there is none. Raises NotFound."""
    place = data_dir(given, os.environ)
    if not (place / "hub.db").exists():
        raise NotFound(f"There is no Hub in {place}; name its directory with --data")
    return place


@contextmanager
def libraries() -> Iterator[None]:
    """Around the imports of the Hub: says what to install when its libraries are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in LIBRARIES:
            raise
        raise SurefootError(
            f"The Hub needs {error.name}, which is not installed: pip install 'surefoot[hub]'"
        ) from error


def on_database(place: Path, work: Callable[["SqliteDatabase"], Awaitable[T]]) -> T:
    """`work` on the Hub's database, also while the Hub runs."""
    with libraries():
        from surefoot.hub.holding import database
        from surefoot.hub.settings import Layout

    async def whole() -> T:
        async with database(Layout(place)) as opened:
            return await work(opened)

    return asyncio.run(whole())
