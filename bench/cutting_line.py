"""The line between a device and its Hub: a relay that counts bytes, and cuts where it is told.

The laboratory's own (`surefoot.lab.line`) is made for slow lines; this one keeps up with loopback.
"""

import contextlib
import socket
import struct
import threading

CHUNK = 256 * 1024
# What a cut takes away with it was counted already: no more than a line holds.
IN_FLIGHT = 64 * 1024
# Closing then is a reset: nothing waits, and nobody is told that all came.
AT_ONCE = struct.pack("ii", 1, 0)


class Line:
    """`with Line(port)` relays `line.port` to `target`. `passed`: bytes that went towards the
    device; `cuts_at`: values of it at which the connection that it was on is cut, ascending;
    `cuts`: how many were."""

    def __init__(self, port, target):
        self.target = target
        self.passed = 0
        self.cuts_at = []
        self.cuts = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = port

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
                for one in (near, far):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_FLIGHT)
                threading.Thread(target=self._up, args=(near, far), daemon=True).start()
                threading.Thread(target=self._down, args=(far, near), daemon=True).start()

    def _up(self, near, far):
        with contextlib.suppress(OSError):
            while data := near.recv(CHUNK):
                far.sendall(data)
        _end(near, far)

    def _down(self, far, near):
        buffer = memoryview(bytearray(CHUNK))
        with contextlib.suppress(OSError):
            while size := far.recv_into(buffer):
                allowed = self._pass(size)
                near.sendall(buffer[:allowed])
                if allowed < size:
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    break
        _end(near, far)
        near.close()
        far.close()

    def _pass(self, size):
        """How many of these may pass; fewer than all where the line is cut."""
        with self._lock:
            if self.cuts_at and self.cuts_at[0] < self.passed + size:
                size = self.cuts_at.pop(0) - self.passed
                self.cuts += 1
            self.passed += size
            return size


def _end(*sockets):
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
