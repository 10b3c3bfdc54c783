"""Our agent against a server that answers as the reference does, with its weaknesses: the interop
suite's third part (issue 5)."""

import json

import pytest

from surefoot.client.checkout import open_source
from tests.support.server_certificate import issue
from tests.support.stand_in import StandIn
from tests.walks.conftest import Walk
from tests.walks.remote_walk import app, base

UPDATED = "Update finished, revision not set as rollback point"
DONE = "Update finished, revision set as rollback point"


class StandInWalk(Walk):
    def __init__(self, place, images, settings):
        certificate = issue(place)
        self.hub = StandIn(certificate)
        certs = place / "certs"
        certs.mkdir()
        (certs / "ca.pem").write_bytes(certificate.ca.read_bytes())
        remote = {
            "PH_CREDS_HOST": "localhost",
            "PH_CREDS_PORT": str(self.hub.port),
            "PV_LIBTHTTP_CERTSDIR": str(certs),
            "PH_UPDATER_INTERVAL": "1",
            "PH_LIBEVENT_HTTP_RETRIES": "0",
        }
        super().__init__(place, images, {**remote, **settings})

    def claim(self):
        self.hub.wait(lambda: self.hub.devices)
        self.hub.claim()
        self.hub.wait(lambda: self.hub.trails)

    def post(self, checkout, message=""):
        source = open_source(checkout)
        objects = [one.stream.read(one.size) for one in source.objects(source.sizes)]
        return self.hub.post(source.text, message, objects=objects)

    def ended(self, rev):
        return self.hub.wait_status(rev, "UPDATED", "DONE", "ERROR", "WONTGO")


@pytest.fixture
def stand_in(tmp_path, images, request):
    mark = request.node.get_closest_marker("settings")
    walk = StandInWalk(tmp_path, images, mark.kwargs if mark else {})
    walk.device.create(walk.checkout("factory"))
    try:
        with walk.hub:
            walk.device.start()
            walk.device.at_rest()
            yield walk
    finally:
        walk.device.stop()
    assert walk.device.leftovers() == []


def test_it_registers_syncs_and_is_updated_with_and_without_reboot(stand_in):
    stand_in.claim()
    first = stand_in.post(stand_in.checkout("two", app=app("2")), "a message")
    told = stand_in.ended(first)
    assert (told["status"], told["status-msg"]) == ("UPDATED", UPDATED)
    second = stand_in.post(stand_in.checkout("three", app=app("2"), base=base("2")))
    told = stand_in.ended(second)
    assert (told["status"], told["status-msg"]) == ("DONE", DONE)
    assert stand_in.hub.statuses(first)[:2] == ["QUEUED", "DOWNLOADING"]
    assert stand_in.device.pv_rev() == str(second)


def test_a_failed_update_is_told_although_the_server_forgets_its_logs(stand_in):
    stand_in.claim()
    rev = stand_in.post(stand_in.checkout("bad", app=app("x", "no-init")))
    told = stand_in.ended(rev)
    assert told["status-msg"] == "A container could not be started"
    assert any("logs" in body for body in stand_in.hub.progress(rev))


def test_what_the_server_spoils_on_the_way_is_fetched_until_it_is_right(stand_in):
    """R15: a 503 and a cut cost no start; expired URLs are renewed (peers 3: mender t/1178)."""
    stand_in.claim()
    stand_in.hub.world.url_uses = 1
    stand_in.hub.fault("GET /local-s3/", times=1, status=503)
    stand_in.hub.fault("GET /local-s3/", times=1, cut_at=2000)
    rev = stand_in.post(stand_in.checkout("two", app=app("2")))
    told = stand_in.ended(rev)
    assert (told["status"], told["status-msg"]) == ("UPDATED", UPDATED)
    assert stand_in.device.progress(str(rev)).retries == 1


def test_wrong_bytes_end_a_start_and_come_again(stand_in):
    """R15."""
    stand_in.claim()
    stand_in.hub.fault("GET /local-s3/", times=1, is_wrong=True)
    rev = stand_in.post(stand_in.checkout("two", app=app("2")))
    assert stand_in.ended(rev)["status"] == "UPDATED"
    assert stand_in.device.progress(str(rev)).retries == 2


def test_a_login_that_expires_is_renewed(stand_in):
    """hub-wire 2.2."""
    stand_in.claim()
    stand_in.hub.forget_tokens()
    rev = stand_in.post(stand_in.checkout("two", app=app("2")))
    assert stand_in.ended(rev)["status"] == "UPDATED"


def test_a_hub_that_only_says_503_rolls_no_update_back(stand_in):
    """R18: any HTTP answer, also 5xx, is contact."""
    stand_in.claim()
    rev = stand_in.post(stand_in.checkout("two", app=app("2")))
    stand_in.hub.wait_status(rev, "TESTING")
    stand_in.hub.fault("/", times=None, status=503)
    stand_in.device.until(
        lambda: stand_in.device.progress(str(rev)).progress == 100, "the end of the update"
    )
    assert stand_in.device.progress(str(rev)).status == "UPDATED"
    stand_in.hub.heal()
    assert stand_in.ended(rev)["status"] == "UPDATED"


def test_states_that_lost_their_text_are_run_all_the_same(stand_in):
    """The reference sends states as canonical JSON, whatever was posted."""
    stand_in.claim()
    checkout = stand_in.checkout("two", app=app("2"))
    source = open_source(checkout)
    objects = [one.stream.read(one.size) for one in source.objects(source.sizes)]
    text = json.dumps(json.loads(source.text), indent=2)
    rev = stand_in.hub.post(text, objects=objects)
    assert stand_in.ended(rev)["status"] == "UPDATED"
