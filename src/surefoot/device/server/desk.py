"""Whom the control socket asks: the agent as its clients may see and command it.

Every method is called from a thread of the server, many at a time; it may block, and it answers
for the moment of the call. An error of `surefoot.errors` is answered with its status of
`errors.OUTCOMES` and its message; where clients expect one exact status and text, raise `Reply`.
Texts that belong to a path whatever the cause (`Resource does not exist`, `Object has bad
checksum`) are put there by the server, which keeps the message as the reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from surefoot.device.events import Event, Json, Lost
from surefoot.device.server.views import (
    ConfigView,
    ContainerView,
    DaemonView,
    GroupView,
    StepView,
)
from surefoot.errors import SurefootError

MGMT = "mgmt"


class Op(StrEnum):
    """The commands of POST /commands: the reference's (device.md 7), then two of ours."""

    UPDATE_METADATA = "UPDATE_METADATA"
    REBOOT_DEVICE = "REBOOT_DEVICE"
    POWEROFF_DEVICE = "POWEROFF_DEVICE"
    TRY_ONCE = "TRY_ONCE"
    LOCAL_RUN = "LOCAL_RUN"
    LOCAL_RUN_COMMIT = "LOCAL_RUN_COMMIT"
    LOCAL_APPLY = "LOCAL_APPLY"
    MAKE_FACTORY = "MAKE_FACTORY"
    RUN_GC = "RUN_GC"
    ENABLE_SSH = "ENABLE_SSH"
    DISABLE_SSH = "DISABLE_SSH"
    GO_REMOTE = "GO_REMOTE"
    DEFER_REBOOT = "DEFER_REBOOT"
    UNCLAIM = "UNCLAIM"
    ABORT = "ABORT"
    ROLLBACK = "ROLLBACK"


class Action(StrEnum):
    """What PUT /containers/NAME and PUT /daemons/NAME can ask for."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"


@dataclass(frozen=True)
class Caller:
    """Who asks: a container by its name, or the host (`name` is None).

    R26: a container has the roles that its run.json gives it, none by default. `instance` tells a
    container from its successor of the same name.
    """

    name: str | None
    roles: frozenset[str] = frozenset()
    instance: str = ""

    @property
    def privileged(self) -> bool:
        return self.name is None or MGMT in self.roles


class Reply(SurefootError):
    """An error with the exact status and text that clients know.

    `reason`: more for people, in a member of its own beside the text; `retry_after_s`: seconds.
    """

    def __init__(
        self, status: int, text: str, *, reason: str = "", retry_after_s: int | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason
        self.retry_after_s = retry_after_s


class Receiver(Protocol):
    def write(self, chunk: bytes | memoryview, /) -> object:
        """Takes the bytes before it returns (the buffer is used again). Raises NoRoom."""

    def commit(self) -> object:
        """The object is stored durably when this returns. Raises Corrupt, NoRoom."""


class Objects(Protocol):
    """What the socket needs of `files.ObjectStore`."""

    def path(self, sha: str, /) -> Path: ...

    def has(self, sha: str, /) -> bool: ...

    def list(self) -> Sequence[tuple[str, int]]:
        """Name and size in bytes of each object, by name."""

    def verify(self, sha: str, /) -> bool:
        """True when the stored bytes have this sum; reads all of them."""

    def receive(self, sha: str, /) -> AbstractContextManager[Receiver]:
        """Keeps nothing unless `commit` was reached; replaces an object that is there."""


class Desk(Protocol):
    @property
    def objects(self) -> Objects: ...

    def container_of(self, pid: int, /) -> Caller:
        """Who holds this process (pid as the agent sees it).

        Raises NotFound when there is no such process any more: nobody is served on a guess.
        """

    # --- containers ---------------------------------------------------------------------------

    def containers(self) -> Sequence[ContainerView]: ...

    def groups(self) -> Sequence[GroupView]:
        """In start order."""

    def container_action(self, name: str, action: Action, /) -> None:
        """Asked only for containers of `containers()` with restart policy `container`."""

    def signal(self, caller: Caller, kind: str, payload: str, /) -> bool:
        """False when no such signal is expected of this caller now; of the host none is."""

    # --- commands and updates -----------------------------------------------------------------

    def command(self, op: Op, payload: str, /) -> bool:
        """True once the command is stored durably (R13); False when it is already so (204).

        Raises Busy (with `retry_after_s`), Conflict, NotFound, Reply.
        """

    def steps(self) -> Sequence[StepView]: ...

    def step_text(self, revision: str, /) -> bytes:
        """The state JSON byte for byte; `current` is the running revision. Raises NotFound."""

    def step_put(self, revision: str, text: bytes, /) -> None:
        """Checks and stores `locals/NAME` (R12, R25). Raises InvalidInput with the reason, Conflict
        or, for a signature's text, Reply(422)."""

    def step_progress(self, revision: str, /) -> bytes:
        """As `wire.progress.encode` made it; `current` is the running revision. Raises NotFound."""

    def step_message_put(self, revision: str, message: str, /) -> None:
        """Stores a commit message of at most 256 bytes. Raises NotFound."""

    def object_stored(self, sha: str, /, *, healed: bool) -> None:
        """An object came in. `healed`: it replaced wrong bytes under its name (R12)."""

    def collect_garbage(self) -> int:
        """Bytes that were freed."""

    # --- metadata and facts -------------------------------------------------------------------

    def user_meta(self) -> Mapping[str, str]: ...

    def user_meta_put(self, key: str, value: str, /) -> None: ...

    def user_meta_delete(self, key: str, /) -> None:
        """Raises NotFound."""

    def device_meta(self) -> Mapping[str, Json]: ...

    def device_meta_put(self, key: str, value: str, /) -> None: ...

    def device_meta_delete(self, key: str, /) -> None:
        """Raises NotFound."""

    def config(self) -> Mapping[str, Json]:
        """Flat, with the reference's dotted names."""

    def config2(self) -> Sequence[ConfigView]: ...

    def buildinfo(self) -> str: ...

    def drivers(self, container: str | None, /) -> Mapping[str, Json]:
        """Drivers of this container (None: of all) with their state."""

    def driver_action(self, container: str | None, driver: str | None, load: bool, /) -> None:
        """Loads or unloads one driver (None: all) of this container (None: of all)."""

    def daemons(self) -> Sequence[DaemonView]: ...

    def daemon_action(self, name: str, action: Action, /) -> None:
        """Asked only for daemons of `daemons()`; start and stop."""

    def wakelocks(self) -> Mapping[str, Json]: ...

    # --- ours -----------------------------------------------------------------------------------

    def status(self) -> Mapping[str, Json]:
        """The three pointers, each container with goal and status, each wait with since, for and
        until; `event`, the id of the newest event, is added by the server."""

    def changes(self) -> Sequence[Mapping[str, Json]]:
        """Oldest first."""

    def change(self, number: int, /) -> Mapping[str, Json]:
        """Raises NotFound."""

    def last_event_id(self) -> int: ...

    def events(self, from_id: int, /) -> Iterator[Event | Lost | None]:
        """As `EventLog.follow`: all after this id, None as a sign of life."""

    def log(self, revision: str, source: str, tail: int, follow: bool, /) -> Iterator[bytes]:
        """The last `tail` lines, then with `follow` each new one; b"" as a sign of life.

        Raises NotFound at the call, not at the first `next`. The source is a container's name or
        `pantavisor`; `current` is the running revision.
        """
