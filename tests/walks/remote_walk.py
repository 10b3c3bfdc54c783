"""A device with a Hub of its own, its owner, and the line between them."""

import socket

from surefoot.client.checkout import open_source
from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from tests.support.hub_process import HubProcess
from tests.support.line import Line
from tests.walks.conftest import Walk

UPDATED = {
    "status": "UPDATED",
    "status-msg": "Update finished, revision not set as rollback point",
    "progress": 100,
    "retries": 1,
}
DONE = {
    "status": "DONE",
    "status-msg": "Update finished, revision set as rollback point",
    "progress": 100,
    "retries": 1,
}


class RemoteWalk(Walk):
    """`hub` listens on `http`, and on TLS behind `line`: that is the address that it gives out."""

    def __init__(self, place, images, settings):
        plain, tls = free_ports()
        self.line = Line(tls)
        self.line.__enter__()
        public = f"https://127.0.0.1:{self.line.port}"
        self.hub = HubProcess(place / "hub", "--public-url", public)
        self.hub.urls = {
            "http": f"http://127.0.0.1:{plain}",
            "https": f"https://127.0.0.1:{self.line.target}",
        }
        self.hub.start()
        certs = place / "certs"
        certs.mkdir()
        (certs / "hub.crt").write_bytes(self.hub.ca().read_bytes())
        remote = {
            "PH_CREDS_HOST": "127.0.0.1",
            "PH_CREDS_PORT": str(self.line.port),
            "PV_LIBTHTTP_CERTSDIR": str(certs),
            "PH_UPDATER_INTERVAL": "1",
            "PH_METADATA_DEVMETA_INTERVAL": "2",
            "PH_METADATA_USRMETA_INTERVAL": "1",
        }
        super().__init__(place, images, {**remote, **settings})
        self.owner = self.hub.owner("ada")
        self.owner.ca = certs / "hub.crt"
        self.id = ""

    def close(self):
        try:
            self.device.stop()
        finally:
            self.hub.stop()
            self.line.__exit__()

    def run_file(self, name):
        path = self.device.run / name
        return path.read_text() if path.is_file() else ""

    def claim(self):
        """Waits for the challenge, claims, waits for the first sync."""
        challenge = self.device.until(lambda: self.run_file("challenge"), "a challenge")
        self.id = self.run_file("device-id")
        self.owner.claim(self.id, challenge)
        self.device.until(self.trails, "the first sync")

    def trails(self):
        return [one for one in self.owner.good("GET", "/trails/") if one["id"] == self.id]

    def post(self, checkout, message=""):
        """As pvr does: objects, then the state; the number of the step."""
        source = open_source(checkout)
        for one in source.objects(source.sizes):
            self.owner.put_object(one.stream.read(one.size))
        return self.owner.post(self.id, source.text, message)

    def progress(self, rev):
        return self.owner.step(self.id, rev)["progress"]

    def until_status(self, rev, *wanted):
        """Waits until the Hub holds one of these; that progress."""

        def found():
            progress = self.progress(rev)
            return progress if progress["status"] in wanted else None

        return self.device.until(found, f"step {rev} to be {wanted}: {self.progress(rev)}")

    def ended(self, rev):
        return self.until_status(rev, "UPDATED", "DONE", "ERROR", "WONTGO", "CANCELLED")

    def stored(self, rev):
        """The device's own record."""
        return self.device.progress(str(rev))


def app(version, kind="healthy"):
    return Part(Image(kind, f"app-{version}"), "app")


def base(version):
    return Part(Image("healthy", f"base-{version}"), "root")


def free_ports():
    """Two of them; the kernel gives none of these to others soon."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]
