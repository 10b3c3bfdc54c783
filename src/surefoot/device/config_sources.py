"""Where configuration is written down: files, kernel command line, named values. Text in, settings
out; what a key may hold is not known here.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surefoot.device.config_keys import BOOT_WORDS

FILE_MAX_BYTES = 64 * 1024
PREFIXES = ("PV_", "PH_", "SUREFOOT_")


@dataclass(frozen=True)
class Remark:
    """Something in the configuration that a person should know of; `where` is file and line."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True)
class Setting:
    """One `key=value` as somebody wrote it, and where."""

    name: str
    text: str
    where: str


def named(settings: Mapping[str, str], where: str) -> list[Setting]:
    """Those settings of the environment, or of user metadata, whose names are meant for us."""
    return [
        Setting(name, text.strip(), where)
        for name, text in settings.items()
        if name.upper().startswith(PREFIXES) and name.upper() not in BOOT_WORDS
    ]


def cmdline_settings(cmdline: str) -> list[Setting]:
    try:
        words = shlex.split(cmdline, posix=True)
    except ValueError:  # an unbalanced quote, which the kernel lets pass
        words = cmdline.split()
    pairs = (word.partition("=") for word in words if "=" in word)
    return named({name: text for name, _, text in pairs}, "kernel command line")


def read_file(path: Path) -> tuple[list[Setting], list[Remark]]:
    """The settings of one file; a file that is not there has none."""
    try:
        if not path.exists():
            return [], []
        if not path.is_file():  # opening a pipe would wait for ever
            return [], [Remark(str(path), "is not a file; it is ignored")]
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        return [], [Remark(str(path), f"cannot be read ({error.strerror}); it is ignored")]
    settings, remarks = _lines(path, data[:FILE_MAX_BYTES].decode(errors="replace"))
    if len(data) > FILE_MAX_BYTES:
        remarks.append(Remark(str(path), f"only its first {FILE_MAX_BYTES} bytes are read"))
    return settings, remarks


def _lines(path: Path, text: str) -> tuple[list[Setting], list[Remark]]:
    settings: list[Setting] = []
    remarks: list[Remark] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip().strip("\x00\ufeff")
        name, equals, value = line.partition("=")
        where = f"{path}:{number}"
        if not line or line.startswith("#"):
            continue
        if equals and name.strip():
            settings.append(Setting(name.strip(), value.strip(), where))
        else:
            remarks.append(Remark(where, f"{line[:80]!r} is not key=value; it is ignored"))
    return settings, remarks
