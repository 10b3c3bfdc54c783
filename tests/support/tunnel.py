"""Between a client and a server: an HTTP proxy with tunnels, and a slow line."""

import socket
import threading
import time


class _Between:
    """Accepts connections and carries bytes both ways, a thread each; ends with the
    with-statement."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listener.getsockname()[:2]
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for one in self._sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self._threads:
            thread.join(10)
        for one in self._sockets:
            one.close()

    def _start(self, work, *args) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep(self, one: socket.socket) -> socket.socket:
        with self._lock:
            self._sockets.append(one)
        return one

    def _accept(self) -> None:
        while True:
            try:
                near = self._keep(self._listener.accept()[0])
            except OSError:
                return
            self._start(self._join, near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = self._reach(near)
        except OSError:
            far = None
        if far is None:
            near.close()
            return
        self._keep(far)
        self._start(self._carry, near, far, False)
        self._carry(far, near, True)

    def _reach(self, near: socket.socket) -> socket.socket | None:
        raise NotImplementedError

    def _carry(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        try:
            while piece := source.recv(65536):
                self._forward(piece, target, back)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _forward(self, piece: bytes, target: socket.socket, back: bool) -> None:
        target.sendall(piece)


class TunnelProxy(_Between):
    """Knows CONNECT and, for plain requests, nothing: `first_lines` keeps what it was asked."""

    def __init__(self, refuses: bool = False) -> None:
        super().__init__()
        self.tunnels: list[str] = []
        self._refuses = refuses

    def _reach(self, near: socket.socket) -> socket.socket | None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = near.recv(65536)
            if not piece:
                return None
            head += piece
        target = head.split()[1].decode()
        self.tunnels.append(target)
        if self._refuses:
            near.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return None
        host, _, port = target.partition(":")
        far = socket.create_connection((host, int(port)))
        near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return far


class SlowLine(_Between):
    """What the server at `port` says (`upwards`: what it is told) comes through in pieces of
    `piece` bytes, `pause_s` apart."""

    def __init__(self, port: int, piece: int, pause_s: float, upwards: bool = False) -> None:
        super().__init__()
        self._to = port
        self._piece = piece
        self._pause_s = pause_s
        self._upwards = upwards
        if upwards:  # so that little is on its way that nobody has taken yet
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)

    def _reach(self, near: socket.socket) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._to))

    def _forward(self, piece: bytes, target: socket.socket, back: bool) -> None:
        if back is self._upwards:
            target.sendall(piece)
            return
        for at in range(0, len(piece), self._piece):
            target.sendall(piece[at : at + self._piece])
            time.sleep(self._pause_s)
