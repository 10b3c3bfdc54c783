"""Colour: on a terminal only, and never where NO_COLOR says so (no-color.org)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

_RESET = "\x1b[0m"
_CODES = {
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "bad": "\x1b[31m",
    "good": "\x1b[32m",
    "busy": "\x1b[33m",
    "calm": "\x1b[36m",
}
# Of updates (the seed page's table) and of containers (device.md 10).
_STYLES = {
    "good": ("DONE", "UPDATED", "READY", "STARTED"),
    "bad": ("ERROR", "WONTGO", "CANCELLED", "STOPPED", "RECOVERING"),
    "busy": ("INPROGRESS", "TESTING", "DOWNLOADING", "STARTING", "STOPPING", "BLOCKED"),
    "calm": ("NEW", "QUEUED", "SYNCING", "INSTALLED", "MOUNTED"),
}
_STYLE_OF = {word: style for style, words in _STYLES.items() for word in words}


@dataclass(frozen=True)
class Paint:
    """`lines`: whether the stream can show box-drawing characters."""

    colours: bool = False
    lines: bool = True

    def __call__(self, text: str, style: str) -> str:
        """`style`: bold, dim, good, bad, busy, calm; empty for none."""
        if not self.colours or not text or not style:
            return text
        return f"{_CODES[style]}{text}{_RESET}"

    def status(self, word: str, width: int = 0) -> str:
        """A status in its colour, filled up to `width` columns."""
        return self(word, status_style(word)) + " " * (width - len(word))


PLAIN = Paint()


def status_style(word: str) -> str:
    return _STYLE_OF.get(word, "")


def paint_for(stream: TextIO, environ: Mapping[str, str]) -> Paint:
    is_terminal = stream.isatty() and environ.get("TERM") != "dumb"
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return Paint(is_terminal and not environ.get("NO_COLOR"), encoding == "utf8")
