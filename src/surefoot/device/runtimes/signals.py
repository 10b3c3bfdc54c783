"""Which signals ask an init to end. Pure.

LXC asks by SIGPWR, which hardly any program outside of an init system knows, and an init in a PID
namespace never sees a signal that it does not handle. So what init handles decides: waiting for one
that handles none would only lengthen the time in which it is down.
"""

import signal
from typing import Final

# A systemd that runs a container blocks it, to read it from a file descriptor, and halts for it.
_SYSTEMD_HALT: Final = signal.SIGRTMIN + 3
_LXC_HALT: Final = signal.SIGPWR


def stop_signals(configured: int | None, status: str) -> tuple[int, ...]:
    """To be sent one after the other; `status`: the text of init's /proc/PID/status.

    `configured` (`lxc.signal.halt`) is sent alone. Empty when init would not notice any of them.
    """
    handled = _mask(status, "SigCgt") | _mask(status, "SigBlk")
    if configured is not None:
        wanted: tuple[int, ...] = (configured,)
    elif _has(_mask(status, "SigBlk"), _SYSTEMD_HALT):
        wanted = (_SYSTEMD_HALT,)
    else:
        wanted = (_LXC_HALT, signal.SIGTERM)
    return tuple(number for number in wanted if _has(handled, number))


def number(text: str) -> int | None:
    """Of a signal as LXC writes it: "15", "SIGTERM", "SIGRTMIN+3"; None for anything else."""
    name, plus, offset = text.strip().upper().partition("+")
    if name.isdecimal():
        return int(name)
    if name not in signal.Signals.__members__ or (plus and not offset.isdecimal()):
        return None
    return signal.Signals[name] + int(offset or 0)


def _mask(status: str, field: str) -> int:
    for line in status.splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value, 16)
    return 0


def _has(mask: int, number: int) -> bool:
    return bool(mask >> (number - 1) & 1)
