"""Two sides told at once: in two columns of a wide terminal, else in lines that name their side."""

import textwrap
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from surefoot.cli.paint import Paint

Show = Callable[[Iterable[str]], None]
Cell = tuple[str, int]
"""A painted line, and the columns that it takes."""
MIN_COLUMNS = 100
_TOGETHER_S = 0.15
"""What is told within this time stands side by side."""


@dataclass(frozen=True)
class Text:
    """One paragraph. `style` paints all of it, `word` only that word, as the status it is; `hang`:
    how far its further lines are moved in."""

    plain: str
    style: str = ""
    word: str = ""
    hang: int = 2

    def lines(self, width: int, paint: Paint) -> list[Cell]:
        """Painted, of `width` columns at most."""
        hang = " " * min(self.hang, width // 2)
        indent = " " * (len(self.plain) - len(self.plain.lstrip()))
        found = textwrap.wrap(
            self.plain.lstrip(),
            width,
            initial_indent=indent,
            subsequent_indent=hang,
            break_on_hyphens=False,
        )
        return [(self._painted(line, paint), len(line)) for line in found or [""]]

    def whole(self, paint: Paint) -> str:
        return self._painted(self.plain, paint)

    def _painted(self, line: str, paint: Paint) -> str:
        if self.word:
            return line.replace(self.word, paint.status(self.word), 1)
        body = line.lstrip()
        return line[: len(line) - len(body)] + paint(body, self.style)


class Layout(Protocol):
    """Told by several threads."""

    def put(self, side: int, texts: Sequence[Text]) -> None:
        """`side`: 0 for the left one, 1 for the right one."""

    def across(self, lines: Iterable[str]) -> None:
        """Over both sides, below all that was told before."""

    def close(self) -> None:
        """All is shown."""


class Prefixed:
    """`names` of the sides stand before each line."""

    def __init__(self, names: tuple[str, str], paint: Paint, show: Show) -> None:
        width = max(map(len, names))
        bar = "│" if paint.lines else "|"
        self._heads = [paint(f"{name:{width}} {bar}", "dim") for name in names]
        self._paint, self._show = paint, show
        self._lock = threading.Lock()

    def put(self, side: int, texts: Sequence[Text]) -> None:
        with self._lock:
            self._show(f"{self._heads[side]} {text.whole(self._paint)}" for text in texts)

    def across(self, lines: Iterable[str]) -> None:
        with self._lock:
            self._show(lines)

    def close(self) -> None:
        pass


class Columns:
    """`width` of both together; their names stand above. What is told at about the same time stands
    in the same lines."""

    def __init__(self, names: tuple[str, str], width: int, paint: Paint, show: Show) -> None:
        self._bar = paint("│" if paint.lines else "|", "dim")
        self._width = (width - 3) // 2
        self._paint, self._show = paint, show
        self._waiting: tuple[list[Text], list[Text]] = ([], [])
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._show([self._row(*((paint(name, "bold"), len(name)) for name in names))])
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def put(self, side: int, texts: Sequence[Text]) -> None:
        with self._lock:
            self._waiting[side].extend(texts)

    def across(self, lines: Iterable[str]) -> None:
        with self._lock:
            self._flush()
            self._show(lines)

    def close(self) -> None:
        self._ended.set()
        self._ticker.join()
        with self._lock:
            self._flush()

    def _tick(self) -> None:
        while not self._ended.wait(_TOGETHER_S):
            with self._lock:
                self._flush()

    def _flush(self) -> None:
        sides = [
            [line for text in texts for line in text.lines(self._width, self._paint)]
            for texts in self._waiting
        ]
        self._show(self._row(*cells) for cells in zip_longest(*sides, fillvalue=("", 0)))
        for texts in self._waiting:
            texts.clear()

    def _row(self, left: Cell, right: Cell) -> str:
        fill = " " * (self._width - left[1])
        return f"{left[0]}{fill} {self._bar} {right[0]}".rstrip()
