"""Numbered SQL files, applied in their order and never changed once released."""

from collections.abc import Collection
from importlib.resources import files

from surefoot.errors import Conflict

Migration = tuple[str, list[str]]  # its name, its statements


def pending(dialect: str, applied: Collection[str]) -> list[Migration]:
    """Those that are not in `applied`. Raises Conflict when there is one that this release does not
    know: what it does to the tables would be undone by nobody."""
    ours = _all(dialect)
    unknown = sorted(set(applied) - {name for name, _ in ours})
    if unknown:
        raise Conflict(
            f"The database is of a newer release ({unknown[-1]}); install that one again"
        )
    return [migration for migration in ours if migration[0] not in applied]


def _all(dialect: str) -> list[Migration]:
    folder = files("surefoot.hub.db") / "migrations" / dialect
    found = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return [
        (file.name.removesuffix(".sql"), statements(file.read_text()))
        for file in found
        if file.name.endswith(".sql")
    ]


def statements(text: str) -> list[str]:
    """Parted by a semicolon at the end of a line."""
    parts = (part.strip() for part in (text + "\n").replace(";\n", "\0").split("\0"))
    return [part for part in parts if part]
