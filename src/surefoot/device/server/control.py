"""The server itself: the socket file, the thread that accepts, one thread a connection."""

import logging
import os
import socket
import stat
import threading
import time
from pathlib import Path
from types import TracebackType

from surefoot.client.unix import connect, unix_address
from surefoot.device.server.connection import Connection
from surefoot.device.server.desk import Desk
from surefoot.device.server.lanes import Lanes, Place
from surefoot.device.server.limits import Limits
from surefoot.errors import Conflict, SurefootError, Unreachable

_log = logging.getLogger(__name__)
_PAUSE_S = 0.1

# Root and the socket's group, nobody else: every caller from outside a container counts as
# privileged, so whoever may open the file commands the device. Containers meet the same file,
# bound into them, and are told apart by their processes.
SOCKET_MODE = 0o660


class ControlServer:
    """Serves a desk at `path` between `start` and `stop`."""

    def __init__(self, desk: Desk, path: Path, limits: Limits | None = None) -> None:
        self.desk = desk
        self.limits = limits or Limits()
        self.lanes = Lanes(self.limits)
        self.stopping = False
        self._path = path
        self._guard = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}

    def start(self) -> None:
        """Replaces a socket file that nobody serves. Raises Conflict when the place is taken."""
        _make_free(self._path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._bind()
        except OSError as error:
            self._listener.close()
            reason = error.strerror or error
            raise SurefootError(
                f"No control socket can be made at {self._path}: {reason}"
            ) from error
        self._acceptor = threading.Thread(target=self._accept, name="pv-ctrl", daemon=True)
        self._acceptor.start()

    def _bind(self) -> None:
        # Linux gives the file the mode of the socket, so it is never open to others.
        os.fchmod(self._listener.fileno(), SOCKET_MODE)
        with unix_address(self._path) as address:
            self._listener.bind(address)
        self._path.chmod(SOCKET_MODE)
        self._file = self._path.stat().st_ino
        self._listener.listen(self.limits.waiting)

    def stop(self, grace_s: float = 1.0) -> None:
        """Ends streams and idle connections; requests being answered get `grace_s` to end."""
        self.stopping = True
        self._listener.shutdown(socket.SHUT_RD)
        self._hang_up(socket.SHUT_RD)
        self._join(grace_s)
        self._hang_up(socket.SHUT_RDWR)
        self._join(grace_s)
        self._listener.close()
        try:
            if self._path.stat().st_ino == self._file:
                self._path.unlink()
        except FileNotFoundError:
            pass  # the run directory may be gone already

    def __enter__(self) -> "ControlServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        pause = threading.Event()
        while not self.stopping:
            place = self.lanes.wait_for_place()
            try:
                self._welcome(self._listener.accept()[0], place)
            except (OSError, RuntimeError) as error:
                place.give_back()
                if not self.stopping:
                    _log.warning("no connection can be taken now: %s", error)
                    pause.wait(_PAUSE_S)

    def _welcome(self, connection: socket.socket, place: Place) -> None:
        thread = threading.Thread(target=self._serve, args=(connection, place), daemon=True)
        with self._guard:
            self._open[thread] = connection
        try:
            thread.start()
        except RuntimeError:
            self._forget(thread)
            raise

    def _serve(self, connection: socket.socket, place: Place) -> None:
        try:
            Connection(connection, self, place)
        finally:
            place.give_back()
            self._forget(threading.current_thread())

    def _forget(self, thread: threading.Thread) -> None:
        with self._guard:
            self._open.pop(thread).close()

    def _hang_up(self, how: int) -> None:
        with self._guard:
            for connection in self._open.values():
                try:
                    connection.shutdown(how)
                except OSError:
                    pass  # it ended by itself

    def _join(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        with self._guard:
            threads = [self._acceptor, *self._open]
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _make_free(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Conflict(f"{path} is not a socket but in the socket's place: move it away")
        connect(path, timeout_s=1).close()
    except FileNotFoundError:
        return
    except Unreachable as error:
        # Anything but a refusal (a full queue, say) is a sign of somebody at the other end.
        if isinstance(error.__cause__, ConnectionRefusedError):
            path.unlink()
            return
    raise Conflict(f"another agent answers at {path}: stop it first, or use another run directory")
