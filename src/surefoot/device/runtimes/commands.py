"""Programs of this machine that a runtime waits for: never for ever."""

import os
import signal
import subprocess
from collections.abc import Sequence
from typing import Final

from surefoot.errors import RuntimeFailed

TIMEOUT_S: Final = 60.0
# A process that hangs in the kernel does not die, and is not waited for.
_DEATH_TIMEOUT_S: Final = 2.0


def run(command: Sequence[str], timeout_s: float = TIMEOUT_S) -> subprocess.CompletedProcess[str]:
    """Its exit code and output. Raises RuntimeFailed after `timeout_s`, FileNotFoundError.

    Not `subprocess.run`, which waits without limit for what it has killed.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _end(process)
        raise RuntimeFailed(
            f"`{' '.join(command)}` did not end within {timeout_s:g} s and was killed"
        ) from None
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _end(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)  # helpers of it hold the pipes as well
    except ProcessLookupError:
        pass
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    try:
        process.wait(_DEATH_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        pass  # it is reaped by the next Popen after its death
