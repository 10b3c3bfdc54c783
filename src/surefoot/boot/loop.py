"""The `loop` backend: boot variables in files of the storage, in U-Boot's format (R8).

| file of `boot/`  | holds               | written by                            |
|------------------|---------------------|---------------------------------------|
| `uboot.txt`      | `pv_rev`, `pv_try`  | the agent; the boot loop only to heal |
| `uboot.txt.copy` | the same            | always just before `uboot.txt`        |
| `pv_trying`      | `pv_trying`; absent | the boot loop; `arm` empties it       |
|                  | means empty         |                                       |

`uboot.txt` alone says what is meant, the copy is looked at when it cannot be read. Each file is
replaced whole, so that a cut leaves an old or a new one:

| cut                             | `uboot.txt`  | copy | means  |
|---------------------------------|--------------|------|--------|
| before the copy is replaced     | old          | old  | before |
| between the two                 | old          | new  | before |
| after                           | new          | new  | after  |
| `uboot.txt` torn all the same   | unreadable   | new  | after  |
| copy torn all the same          | old or new   | torn | as `uboot.txt` says |

Torn all the same: by a disk that lies, or a boot loader that does not replay the journal. Then the
copy is whole, because it was durable before `uboot.txt` was touched, and says what was about to
hold. The other order would mean `before` there, and undo a commit whose bytes had arrived.
Between the two and after a cut the copy is ahead; the boot loop puts it right at the next boot.

`arm` touches two files of different meaning. It empties `pv_trying` first: of a try not spent yet
that changes nothing, and a spent one is disarmed before, else a cut would try it a second time.
"""

import os
from pathlib import Path
from typing import Final

from surefoot.boot import uboot
from surefoot.boot.protocol import BootVars
from surefoot.errors import Corrupt, InvalidInput
from surefoot.files import durable

REV: Final = "pv_rev"
TRY: Final = "pv_try"
TRYING: Final = "pv_trying"


class LoopBoot:
    """BootLoader over the storage's `boot/` directory; `storage` need not hold one yet."""

    name = "loop"

    def __init__(self, storage: Path) -> None:
        self.file = storage / "boot" / "uboot.txt"
        self.copy = storage / "boot" / "uboot.txt.copy"
        self.trying_file = storage / "boot" / "pv_trying"

    def read(self) -> BootVars:
        return self._vars(self.file)

    def read_copy(self) -> BootVars:
        """The variables of the copy beside the boot file. Raises Corrupt."""
        return self._vars(self.copy)

    def arm(self, rev: str) -> None:
        before = self.read()
        armed = self._text(before.rev, rev)  # refuses a name before anything has changed
        if before.spent:
            self._store(self._text(before.rev, None))
        self.note_trying(None)
        self._store(armed)

    def disarm(self, restore: str | None = None) -> None:
        if restore is not None:
            self.arm(restore)
        else:
            self._store(self._text(self.read().rev, None))

    def commit(self, rev: str) -> None:
        self._store(self._text(rev, None))

    def heal(self, boot_vars: BootVars) -> None:
        """For the boot loop: the boot file and its copy both say `boot_vars` (not `trying`)."""
        if not self._both_say(boot_vars):
            self._store(self._text(boot_vars.rev, boot_vars.try_))

    def note_trying(self, trying: str | None) -> None:
        """For the boot loop: `pv_trying` durably is `trying`, or empty. Twice harmless."""
        if trying is None:
            if os.path.lexists(self.trying_file):
                durable.remove(self.trying_file)
            return
        data = uboot.encode({TRYING: trying})
        if _bytes_or_none(self.trying_file) != data:
            self._write(self.trying_file, data)

    def _vars(self, path: Path) -> BootVars:
        variables = _variables(path)
        if not variables.get(REV):
            raise Corrupt(f"{path} names no {REV}")
        try_ = variables.get(TRY) or None
        return BootVars(variables[REV], try_, self._trying(try_))

    def _trying(self, try_: str | None) -> str | None:
        """An unreadable note counts as spent: a bad revision must never be tried for ever."""
        if not os.path.lexists(self.trying_file):
            return None
        try:
            return _variables(self.trying_file).get(TRYING) or None
        except Corrupt:
            return try_

    def _text(self, rev: str, try_: str | None) -> bytes:
        if not rev or try_ == "":
            raise InvalidInput("a revision without a name cannot be booted")
        return uboot.encode({REV: rev, TRY: try_ or "", **self._others()})

    def _store(self, data: bytes) -> None:
        for path in (self.copy, self.file):
            self._write(path, data)

    def _others(self) -> dict[str, str]:
        """Variables of a board's own boot script stay in the file."""
        for path in (self.file, self.copy):
            try:
                variables = _variables(path)
            except Corrupt:
                continue
            return {k: v for k, v in variables.items() if k not in (REV, TRY, TRYING)}
        return {}

    def _both_say(self, boot_vars: BootVars) -> bool:
        data = _bytes_or_none(self.file)
        if data is None or data != _bytes_or_none(self.copy):
            return False
        try:
            return self.read() == boot_vars
        except Corrupt:
            return False

    def _write(self, path: Path, data: bytes) -> None:
        durable.make_dirs(path.parent)
        durable.write(path, data)
        # peers 3: nerves_runtime#375, fleets die of boot environments that nobody read back.
        if _bytes_or_none(path) != data:
            raise Corrupt(f"{path} does not hold what was just written; check the disk")


def _variables(path: Path) -> dict[str, str]:
    data = _bytes_or_none(path)
    if data is None:
        raise Corrupt(f"{path} is missing or cannot be read")
    try:
        return uboot.decode(data)
    except Corrupt as error:
        raise Corrupt(f"{path}: {error}") from error


def _bytes_or_none(path: Path) -> bytes | None:
    """As a boot loader reads: no byte beyond the format's limit is ever looked at."""
    try:
        with path.open("rb") as file:
            return file.read(uboot.MAX_BYTES)
    except OSError:
        return None
