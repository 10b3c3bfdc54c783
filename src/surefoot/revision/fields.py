"""A place in a manifest (`run.json`, `device.json`, ...), read with errors that name it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeVar

from surefoot.revision.errors import StateError, alternatives, describe
from surefoot.revision.names import check_path
from surefoot.revision.values import Json

Choice = TypeVar("Choice", bound=StrEnum)

_WORD = re.compile("[^\x00-\x1f\x7f-\x9f/]{1,255}")


class Field(NamedTuple):
    """`path`: the file in the state. `place`: where inside it, like `groups[2].timeout`.

    A member that is absent and one that is null mean the same: its `value` is None. The readers
    below take what is there and raise StateError when it is not what they promise.
    """

    path: str
    value: Json
    place: str = ""

    @property
    def key(self) -> str:
        return f"{self.path}: {self.place}" if self.place else self.path

    @property
    def present(self) -> bool:
        return self.value is not None

    def error(self, expected: str) -> StateError:
        return StateError(self.key, expected, describe(self.value))

    def object(self) -> dict[str, Json]:
        if not isinstance(self.value, dict):
            raise self.error("a JSON object")
        return self.value

    def member(self, name: str) -> "Field":
        return Field(self.path, self.object().get(name), self._inside(name))

    def members(self) -> Iterator[tuple[str, "Field"]]:
        """Nothing when there is no object."""
        for name, value in self.object().items() if self.present else ():
            yield name, Field(self.path, value, self._inside(name))

    def items(self) -> list["Field"]:
        """Empty when there is no list."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            raise self.error("a list")
        values = enumerate(self.value)
        return [Field(self.path, value, f"{self.place}[{index}]") for index, value in values]

    def _inside(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("a text")
        return self.value

    def word(self) -> str:
        """1 to 255 characters that can stand in a list, a log line or a path, where `/` and control
        characters cannot."""
        if not isinstance(self.value, str) or not _WORD.fullmatch(self.value):
            raise self.error("a name")
        return self.value

    def file(self) -> str:
        """A relative path."""
        text = self.text()
        try:
            check_path(text)
        except StateError as error:
            raise StateError(self.key, "the name of a file", error.found) from error
        return text

    def one_of(self, words: list[str]) -> str:
        if not isinstance(self.value, str) or self.value not in words:
            raise self.error(alternatives(words))
        return self.value

    def choice(self, kind: type[Choice]) -> Choice:
        try:
            return kind(self.value if isinstance(self.value, str) else "")
        except ValueError as error:
            raise self.error(alternatives([str(word) for word in kind])) from error

    def number(self, least: float, most: float) -> float:
        """Exact until here, a float from here on: units and ratios need no more."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            raise self.error("a number")
        if not least <= value <= most:
            raise self.error(f"a number from {least:g} to {most:g}")
        return float(value)

    def whole(self, most: int) -> int:
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self.error(f"a whole number from 0 to {most}")
        return value
