"""The remote flow, whole: a real Hub in a process of its own, a real device on real LXC."""

import json

import pytest

from surefoot.client.checkout import open_source
from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image
from tests.support.hub_process import HubProcess
from tests.walks.conftest import Walk

GOOD_SWITCH = {
    "status": "UPDATED",
    "status-msg": "Update finished, revision not set as rollback point",
    "progress": 100,
    "retries": 1,
}
GOOD_REBOOT = {
    "status": "DONE",
    "status-msg": "Update finished, revision set as rollback point",
    "progress": 100,
    "retries": 1,
}


class RemoteWalk(Walk):
    """A device with a Hub of its own, and its owner."""

    def __init__(self, place, images, settings):
        self.hub = HubProcess(place / "hub")
        self.hub.start()
        certs = place / "certs"
        certs.mkdir()
        (certs / "hub.crt").write_bytes(self.hub.ca().read_bytes())
        port = self.hub.urls["https"].rpartition(":")[2]
        remote = {
            "PH_CREDS_HOST": "127.0.0.1",
            "PH_CREDS_PORT": port,
            "PV_LIBTHTTP_CERTSDIR": str(certs),
            "PH_UPDATER_INTERVAL": "1",
            "PH_METADATA_DEVMETA_INTERVAL": "2",
            "PH_METADATA_USRMETA_INTERVAL": "1",
        }
        super().__init__(place, images, {**remote, **settings})
        self.owner = self.hub.owner("ada")
        self.id = ""

    def run_file(self, name):
        path = self.device.run / name
        return path.read_text() if path.is_file() else ""

    def claim(self):
        """Waits for the challenge, claims, waits for the first sync."""
        challenge = self.device.until(lambda: self.run_file("challenge"), "a challenge")
        self.id = self.run_file("device-id")
        self.owner.claim(self.id, challenge)
        self.device.until(lambda: self.trails(), "the first sync")

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

    def ended(self, rev):
        """Waits until the Hub holds a final status; that progress."""

        def final():
            found = self.progress(rev)
            return found if found["progress"] == 100 else None

        return self.device.until(final, f"the end of step {rev} at the Hub")


@pytest.fixture
def remote(tmp_path, images, request):
    mark = request.node.get_closest_marker("settings")
    made = RemoteWalk(tmp_path, images, mark.kwargs if mark else {})
    made.device.create(made.checkout("factory")).start()
    try:
        made.device.at_rest()
        yield made
    finally:
        made.device.stop()
        made.hub.stop()
    assert made.device.leftovers() == []


def app(version, kind="healthy"):
    return Part(Image(kind, f"app-{version}"), "app")


def test_an_update_without_reboot_comes_through_the_hub(remote):
    """device.md 1: the same from the Hub has retries 1."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")), "second")
    assert remote.ended(rev) == GOOD_SWITCH
    assert remote.device.versions() == {"base": "healthy-base-1", "app": "healthy-app-2"}
    assert remote.device.pv_rev() == "0"


def test_an_update_with_reboot_becomes_the_rollback_point(remote):
    remote.claim()
    rev = remote.post(remote.checkout("two", base=Part(Image("healthy", "base-2"), "root")))
    assert remote.ended(rev) == GOOD_REBOOT
    assert remote.device.versions()["base"] == "healthy-base-2"
    assert remote.device.pv_rev() == str(rev)


def test_three_steps_posted_at_once_end_updated_in_their_order(remote):
    """device.md 1; R16."""
    remote.claim()
    revs = [remote.post(remote.checkout(f"v{n}", app=app(str(n)))) for n in (2, 3, 4)]
    assert revs == [1, 2, 3]
    assert [remote.ended(rev) for rev in revs] == [GOOD_SWITCH] * 3
    assert remote.device.versions()["app"] == "healthy-app-4"


def test_a_container_whose_init_does_not_exist_is_rolled_back_and_the_hub_learns_why(remote):
    """device.md 1: with the two lines of the log."""
    remote.claim()
    rev = remote.post(remote.checkout("bad", app=app("x", "no-init")))
    told = remote.ended(rev)
    assert (told["status"], told["status-msg"]) == ("ERROR", "A container could not be started")
    said = [json.loads(line) for line in told["logs"].splitlines()]
    assert ("state", "platform 'app' is not running") in [(one["src"], one["msg"]) for one in said]
    assert remote.device.at_rest()["running"] == "0"
    assert remote.device.versions()["app"] == "healthy-app-1"


def test_a_step_cancelled_while_the_device_is_away_is_never_run(remote):
    """R14."""
    remote.claim()
    remote.device.stop()
    rev = remote.post(remote.checkout("two", app=app("2")))
    assert remote.owner.cancel(remote.id, rev).status == 200
    after = remote.post(remote.checkout("three", app=app("3")))
    remote.device.start()
    assert remote.ended(after) == GOOD_SWITCH
    assert remote.progress(rev)["status"] == "CANCELLED"
    assert remote.device.progress(str(rev)) is None
