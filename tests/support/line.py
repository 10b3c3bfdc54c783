"""The line between a device and its Hub: a TCP relay that can be slow, cut, and away."""

import contextlib
import socket
import threading

CHUNK = 16 * 1024


class Line:
    """`with Line(port) as line:` relays `line.port` to `port`. `rate`: bytes a second towards the
    device on each connection, 0 for no limit. `passed`: bytes that went towards the device."""

    def __init__(self, target: int, rate: int = 0) -> None:
        self.target = target
        self.rate = rate
        self.passed = 0
        self.cut_after = 0  # bytes of one connection after which it is cut; 0 for never
        self.cuts = 0
        self._is_up = True
        self._lock = threading.Lock()
        # Each pair of sockets, with what wakes its relays when it is cut.
        self._pairs: dict[tuple[socket.socket, socket.socket], threading.Event] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Line":
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_up = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def down(self) -> None:
        """Every connection is cut, and new ones end at once."""
        self._is_up = False
        self.cut()

    def up(self) -> None:
        self._is_up = True

    def cut(self) -> None:
        with self._lock:
            pairs = list(self._pairs.items())
        for pair, over in pairs:
            over.set()
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _begin(self, work, *arguments) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._is_up:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target), 10)
            except OSError:
                near.close()
                continue
            pair, over = (near, far), threading.Event()
            with self._lock:
                self._pairs[pair] = over
            self._begin(self._relay, near, far, False, pair, over)
            self._begin(self._relay, far, near, True, pair, over)

    def _relay(self, source, sink, to_device, pair, over) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                sink.sendall(data)
                if not to_device:
                    continue
                passed += len(data)
                self.passed += len(data)
                if self.cut_after and passed >= self.cut_after:
                    self.cuts += 1
                    break
                if self.rate and over.wait(len(data) / self.rate):
                    break
        over.set()
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._pairs.pop(pair, None)
        if to_device:
            for one in pair:
                one.close()
