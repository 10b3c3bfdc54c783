"""What a place for blobs offers. Its conformance suite: `tests/conformance/`."""

from pathlib import Path
from typing import Protocol


class Upload(Protocol):
    """Bytes on their way in, hashed as they come. Left without `commit`, nothing is kept. Used by
    one task, which may be cancelled at any await and then calls `drop`."""

    @property
    def received(self) -> int:
        """In bytes."""

    async def write(self, chunk: bytes) -> None:
        """In pieces of some 100 kB: each costs a hop to a thread. Raises NoRoom."""

    async def commit(self) -> None:
        """Durably there under its name. Raises Corrupt when the bytes are not the claimed ones,
        NoRoom."""

    async def drop(self) -> None:
        """Twice is harmless, and so is after `commit`."""


class Blobs(Protocol):
    """Named by their sha256, 64 lower-case hex digits; another name raises InvalidInput."""

    async def has(self, sha: str) -> bool: ...

    async def size(self, sha: str) -> int:
        """In bytes. Raises NotFound."""

    async def receive(self, sha: str) -> Upload:
        """Several uploads of the same blob do not disturb each other. Raises NoRoom."""

    async def path(self, sha: str) -> Path:
        """A file to send from: who has it open may read it to its end, also when it is removed
        meanwhile. Raises NotFound."""

    async def age_s(self, sha: str) -> float:
        """Since it last came in whole. Raises NotFound."""

    async def remove(self, sha: str) -> None:
        """Twice is harmless."""

    async def all(self) -> list[tuple[str, int]]:
        """(sha, size in bytes), by name."""

    async def verify(self, sha: str) -> bool:
        """Whether it is there with the right bytes: all of them are read."""
