"""Golden outputs: what a command prints, kept as files that a person has read."""

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "cli"


def golden(name: str) -> str:
    return (DATA / name).read_text()
