"""`surefoot device run`: the boot loop on this machine. Small, because it stays in memory."""

import argparse
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from surefoot.boot.ids import device_id
from surefoot.boot.pauses import Pauses, base_delay_s
from surefoot.boot.runner import LoopPolicy, run_device, say_on_stderr
from surefoot.cli.complaints import refused_by_system
from surefoot.errors import SurefootError, outcome

SOCKET: Final = "pv-ctrl"
# As in client/unix.py, which would bring the library of sockets along.
SOCKET_VARIABLE: Final = "SUREFOOT_SOCKET"
LOOP_DELAY_VARIABLE: Final = "SUREFOOT_LOOP_DELAY"


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
            _tell_socket(place / SOCKET)
        return run_device(storage, place, environ=os.environ, policy=policy(os.environ))
    except SurefootError as error:
        sys.stderr.write(f"surefoot: {error}\n")
        return outcome(error).exit_code
    except OSError as error:
        sys.stderr.write(f"surefoot: {refused_by_system(error)}\n")
        return 1


def policy(environ: Mapping[str, str]) -> LoopPolicy:
    """With the delay that the environment asks for; one that is no number is told, and is none."""
    setting = environ.get(LOOP_DELAY_VARIABLE)
    delay_s = base_delay_s(setting)
    if delay_s is None:
        say_on_stderr(f'{LOOP_DELAY_VARIABLE} must be seconds, not "{setting}"; taken as 0')
    return LoopPolicy(Pauses(base_s=delay_s or 0.0))


def _tell_socket(socket: Path) -> None:
    """A line of its own that a shell takes as it is: what `surefoot ctl` needs in another one."""
    say_on_stderr(f"the control socket is {socket}; in another shell, before `surefoot ctl`:")
    sys.stderr.write(f"export {SOCKET_VARIABLE}={shlex.quote(str(socket))}\n")
    sys.stderr.flush()


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
