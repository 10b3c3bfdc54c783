"""`surefoot device run`: the boot loop on this machine. Small, because it stays in memory."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from surefoot.boot.ids import device_id
from surefoot.boot.runner import run_device
from surefoot.errors import SurefootError, outcome

SOCKET = "pv-ctrl"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="surefoot device run", add_help=False, allow_abbrev=False)
    parser.add_argument("storage", type=Path)
    parser.add_argument("--run", type=Path)
    arguments = parser.parse_args(argv)
    return run(arguments.storage, arguments.run)


def run(storage: Path, run_dir: Path | None) -> int:
    """Until the device powers off or is told to stop. Errors are told, and become exit codes."""
    try:
        place = (run_dir or default_run_dir(storage, os.environ)).resolve()
        if _is_device(storage):
            sys.stderr.write(f"boot: the control socket is {place / SOCKET}\n")
        return run_device(storage, place, environ=os.environ)
    except SurefootError as error:
        sys.stderr.write(f"surefoot: {error}\n")
        return outcome(error).exit_code


def default_run_dir(storage: Path, environ: Mapping[str, str], user: int | None = None) -> Path:
    """`/run/surefoot/<id>` for root, below XDG_RUNTIME_DIR or the storage for others.

    By the device's id, so that several devices run side by side.
    """
    own = storage / ".surefoot" / "run"
    if not _is_device(storage):
        return own  # no device: there is no id either, and the boot loop says what is wrong
    user = os.geteuid() if user is None else user
    base = "/run" if user == 0 else environ.get("XDG_RUNTIME_DIR", "")
    return Path(base) / "surefoot" / device_id(storage) if base else own


def _is_device(storage: Path) -> bool:
    return (storage / "trails").is_dir()
