"""A file that is being sent, in pieces, from any place in it."""

import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from surefoot.errors import InvalidInput, NotFound


class FileSource:
    """Gives exactly `size` bytes. `on_sent` hears how many of them were asked for so far."""

    def __init__(self, path: Path, size: int, on_sent: Callable[[int], None] | None) -> None:
        """Raises NotFound."""
        self._path = path
        self._left = size
        self._size = size
        self._on_sent = on_sent
        try:
            self._file = FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError as error:
            raise NotFound(f"{path} is not there to be sent") from error

    def __enter__(self) -> "FileSource":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, limit: int) -> bytes:
        """b"" at the end. Raises InvalidInput when the file has become too short."""
        chunk = self._file.read(min(limit, self._left)) or b""
        if not chunk and self._left:
            raise InvalidInput(f"{self._path} is {self._left} bytes shorter than announced")
        self._left -= len(chunk)
        if self._on_sent is not None:
            self._on_sent(self._size - self._left)
        return chunk

    def rewind(self, offset: int) -> None:
        self._file.seek(offset)
        self._left = self._size - offset
