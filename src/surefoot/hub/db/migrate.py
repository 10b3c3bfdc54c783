"""Numbered SQL files, applied in their order and never changed once released."""

from collections.abc import Collection, Iterator
from importlib.resources import files


def pending(dialect: str, known: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """(name, statements) of each migration that is not in `known`."""
    folder = files("surefoot.hub.db") / "migrations" / dialect
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        name = file.name.removesuffix(".sql")
        if file.name.endswith(".sql") and name not in known:
            yield name, _statements(file.read_text())


def _statements(text: str) -> list[str]:
    """Parted by a semicolon at the end of a line."""
    parts = (part.strip() for part in text.replace(";\n", "\0").split("\0"))
    return [part for part in parts if part]
