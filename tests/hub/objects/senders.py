"""Who sends objects to a Hub in tests, with a client or byte by byte."""

import hashlib
import socket
import time
from urllib.parse import urlsplit

SPEC = "pantavisor-service-system@1"


def sha_of(data):
    return hashlib.sha256(data).hexdigest()


class Sender:
    """A caller with a token: a person, or a device. `id`: of the device."""

    def __init__(self, world, token, id=""):
        self.world, self.token, self.id = world, token, id

    def call(self, method, target, body=None, **more):
        return self.world.call(method, target, body, token=self.token, **more)

    def announce(self, data, name="app/root.squashfs", endpoint="/objects/"):
        body = {"objectname": name, "size": str(len(data)), "sha256sum": sha_of(data)}
        return self.call("POST", endpoint, body)

    def ticket(self, data):
        """Where to put these bytes."""
        reply = self.announce(data)
        assert reply.status in (200, 409), reply.body
        return reply.json["signed-puturl"]

    def send(self, data, name="app/root.squashfs"):
        """The object's body once its bytes are there."""
        reply = self.announce(data, name)
        if reply.status == 200:
            done = self.world.call("PUT", reply.json["signed-puturl"], data)
            assert (done.status, done.body) == (200, b""), done.body
        return reply.json

    def sync(self, **objects):
        """A device's first step, with these objects (name=data, `__` for a slash), all sent."""
        state = {"#spec": SPEC, "bsp/run.json": {"linux": "bsp/k", "initrd": "bsp/k"}}
        for name, data in objects.items():
            self.send(data)
            state[name.replace("__", "/")] = sha_of(data)
        reply = self.call("POST", "/trails/", state)
        assert reply.status == 200, reply.body
        return f"/trails/{self.id}/steps/0/objects"

    def fetch(self, url):
        return self.world.call("GET", url)


class Wire:
    """One raw connection to the Hub."""

    def __init__(self, world, target):
        self.path = urlsplit(target).path
        self.socket = socket.create_connection(("127.0.0.1", world.port), timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def head(self, length, *more):
        lines = (f"PUT {self.path} HTTP/1.1", "Host: hub", f"Content-Length: {length}", *more)
        self.write("\r\n".join((*lines, "", "")).encode())

    def write(self, data):
        self.socket.sendall(data)

    def answer(self):
        """(status, body) of the answer, read to the end of the connection or of the body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-len")]
        length = int(lengths[0].split(b":")[1])
        while len(body) < length:
            body += self._more()
        return int(head.split()[1]), body

    def _more(self):
        found = self.socket.recv(1 << 16)
        assert found, "the Hub has closed the connection without an answer"
        return found


def until(holds):
    """Waits for what the Hub does after its answer, or without one."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.005)


def files(world):
    """All names in the directory of the blobs, unfinished ones too."""
    return sorted(path.name for path in (world.place / "blobs").iterdir())
