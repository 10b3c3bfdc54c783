"""Many connections that are kept, each of one device that asks for its next step."""

import select
import socket
import ssl
from collections import deque

STATUSES = ("NEW", "QUEUED", "DOWNLOADING", "INPROGRESS", "TESTING")
NAMES = ",".join(f"%22{status}%22" for status in STATUSES)
QUERY = f"progress.status=%7B%22$in%22:%5B{NAMES}%5D%7D"  # as a C device asks
# As many calls as are under way at the same time.
WINDOW = 64


class Poller:
    """`devices`: pairs of an id and a token. Over TLS when there is a `context`."""

    def __init__(self, port, devices, context=None):
        self.poll = select.epoll()
        self.calls = {}  # by descriptor: the socket and what is sent on it
        for id, token in devices:
            plain = socket.create_connection(("127.0.0.1", port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line = context.wrap_socket(plain) if context else plain
            line.setblocking(False)
            self.poll.register(line, select.EPOLLIN)
            self.calls[line.fileno()] = line, _request(id, token)
        self.waiting = deque(self.calls)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.poll.close()
        for line, _ in self.calls.values():
            line.close()

    def run(self, count):
        """As many polls, round and round; the length of the last answer."""
        left, under_way, size = count, {}, 0
        while left or under_way:
            while left and len(under_way) < WINDOW:
                number = self.waiting.popleft()
                line, request = self.calls[number]
                line.sendall(request)
                under_way[number] = b""
                left -= 1
            for number, _ in self.poll.poll():
                if number not in under_way:
                    continue  # a ticket of TLS
                under_way[number] += _read(self.calls[number][0])
                if _is_whole(under_way[number]):
                    size = len(under_way.pop(number))
                    self.waiting.append(number)
        return size


def unchecked():
    """TLS to a server on loopback that is our own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(id, token):
    return (
        f"GET /trails/{id}/steps?{QUERY} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"User-Agent: surefoot-bench/1\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def _read(line):
    try:
        data = line.recv(1 << 20)
    except (ssl.SSLWantReadError, BlockingIOError):
        return b""
    if not data:
        raise SystemExit("the server has ended a connection")
    if isinstance(line, ssl.SSLSocket) and line.pending():
        data += _read(line)
    return data


def _is_whole(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if b" 200 " not in head[:16]:
        raise SystemExit(f"a poll was answered {answer[:200]!r}")
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(body) == int(length)
