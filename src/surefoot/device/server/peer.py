"""Who is at the other end of a UNIX socket."""

import os
import select
import socket
import struct

_UCRED = struct.Struct("3i")
_SO_PEERPIDFD = 77  # Linux 6.5; Python has no name for it yet


class Peer:
    """The process that connected.

    `pid`: as this process sees it, 0 when it lives where we cannot see. A pid alone may come to
    mean another process while we look it up: whoever found out something about it asks afterwards
    whether the process `is_there` still.
    """

    def __init__(self, connection: socket.socket) -> None:
        record = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        self.pid: int = _UCRED.unpack(record)[0]
        self._pidfd = _pidfd(connection, self.pid) if self.pid > 0 else -1

    def is_there(self) -> bool:
        """False once it has ended, also when its number lives on."""
        if self._pidfd < 0:
            return False
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        if self._pidfd >= 0:
            os.close(self._pidfd)
        self._pidfd = -1


def hung_up(connection: socket.socket) -> bool:
    """True when the other end is gone altogether; one that only stopped sending still listens."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def _pidfd(connection: socket.socket, pid: int) -> int:
    """Of the very process that connected; on an older kernel of the one that has its number now.
    -1 when there is none."""
    try:
        return connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    except OSError:
        pass  # the kernel is too old, or the process has ended: the next call tells
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1
