"""The desk: what the socket's clients may put, run and see, over a real storage and socket."""

import hashlib
import json

import pytest

from surefoot.errors import Busy, Conflict, InvalidInput, NotFound, SurefootError
from tests.support.bench_device import BenchDevice, state_text


@pytest.fixture
def device(tmp_path):
    made = BenchDevice(tmp_path).boot()
    made.until(lambda: made.status_of("0") == "DONE")
    yield made
    made.off()


def put(device, revision, **images):
    text = state_text(device.storage, **images)
    device.client.put(f"/steps/{revision}", text.encode())
    return text


def test_a_stored_step_says_that_it_is_ready_to_be_run(device):
    """R1."""
    put(device, "locals/x", app="a1")
    assert device.client.get("/steps/locals/x/progress")["status-msg"] == "Update ready to be run"


def test_the_state_text_is_kept_byte_for_byte(device):
    """pvr.md 4.3: signatures cover the text."""
    text = json.dumps(json.loads(state_text(device.storage, app="a1")), indent=3).encode()
    device.client.put("/steps/locals/x", text)
    assert device.client.get_bytes("/steps/locals/x") == text


@pytest.mark.parametrize("text", [b"", b"{}", b"not json", b'{"#spec":"x"}', b"[" * 100_000])
def test_garbage_is_refused_at_the_door_and_nothing_is_kept(device, text):
    """R12; reference-observed "Status codes"."""
    with pytest.raises(SurefootError, match="State JSON has bad format"):
        device.client.put("/steps/locals/x", text)
    assert not device.storage.has_state("locals/x")
    assert "locals/x" not in device.storage.all_trails()


def test_the_same_text_again_is_fine_and_another_text_replaces_it(device):
    """R25."""
    text = put(device, "locals/x", app="a1")
    device.client.put("/steps/locals/x", text.encode())
    other = put(device, "locals/x", app="a2")
    assert device.client.get_bytes("/steps/locals/x").decode() == other


def test_a_running_revision_is_not_replaced(device):
    """R25."""
    put(device, "locals/x", base="b0", app="a1")
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "UPDATED")
    with pytest.raises(Conflict):
        put(device, "locals/x", base="b0", app="a2")


def test_running_the_running_revision_is_nothing_to_do(device):
    """R25."""
    assert device.client.command("LOCAL_RUN", "0")
    assert device.status_of("0") == "DONE"


def test_a_command_that_is_unknown_or_malformed_has_a_bad_format(device):
    """reference-observed "Status codes"."""
    for body in ({"op": "NOPE", "payload": ""}, {}, {"op": "LOCAL_RUN"}):
        with pytest.raises(SurefootError, match="Command has bad format"):
            device.client.post("/commands", body)


def test_an_apply_waits_and_an_abort_drops_it(device):
    """R3."""
    put(device, "locals/x", base="b0", app="a1")
    device.client.command("LOCAL_APPLY", "locals/x")
    device.until(lambda: device.client.get("/status")["staged"] == "locals/x")
    assert device.loader.read().try_ == "locals/x"
    assert device.client.get("/steps/locals/x/progress")["status-msg"] == "Update applied"
    device.client.command("ABORT")
    assert device.loader.read().try_ is None
    assert device.client.get("/steps/locals/x/progress")["status-msg"] == "Update aborted"
    with pytest.raises(Conflict, match="nothing to abort"):
        device.client.command("ABORT")


def test_a_rollback_gives_up_an_updated_revision(device):
    """R25."""
    put(device, "locals/x", base="b0", app="a1")
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "UPDATED")
    device.client.command("ROLLBACK")
    device.until(lambda: device.client.get("/status")["update"] is None)
    assert device.client.get("/status")["running"] == "0"
    assert device.status_of("locals/x") == "UPDATED"
    with pytest.raises(Conflict, match="rollback point 0 already"):
        device.client.command("ROLLBACK")


def test_a_missing_object_is_an_error_before_the_transition(device):
    """R12: nothing to roll back."""
    text = json.loads(state_text(device.storage, base="b0", app="a1"))
    text["app/root.squashfs"] = hashlib.sha256(b"never put").hexdigest()
    device.client.put("/steps/locals/x", json.dumps(text).encode())
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "ERROR")
    progress = device.storage.read_progress("locals/x")
    assert progress.message == "Object validation went wrong"
    assert device.loader.read().try_ is None


def test_an_object_whose_stored_bytes_went_bad_is_an_error(device):
    """seed "ERROR"; R12."""
    text = put(device, "locals/x", base="b0", app="a1")
    sha = json.loads(text)["app/root.squashfs"]
    device.objects = device.storage.objects
    device.objects.path(sha).write_bytes(b"rotten")
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "ERROR")
    assert device.storage.read_progress("locals/x").message == "Object validation went wrong"


def test_a_step_damaged_on_disk_is_wontgo_when_it_is_run(device):
    """R12: a stored step is checked again when it is run."""
    put(device, "locals/x", base="b0", app="a1")
    (device.storage.trail("locals/x") / ".pvr" / "json").write_text("{torn")
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "WONTGO")
    assert device.storage.read_progress("locals/x").message == "State JSON has bad format"


def test_a_put_of_the_right_bytes_heals_a_sick_done_revision(device):
    """R12: the containers with bad files stay down until then."""
    device.off()
    place = device.storage.trail("0") / "app" / "root.squashfs"
    place.write_bytes(b"damaged")
    device.boot()
    status = device.client.get("/status")
    assert status["status"] != "READY"
    assert {one["name"]: one["status"] for one in status["containers"]}["app"] == "STOPPED"
    sha = hashlib.sha256(b"a0").hexdigest()
    device.client.put(f"/objects/{sha}", b"a0")
    device.until(lambda: device.client.get("/status")["status"] == "READY")
    assert device.status_of("0") == "DONE"


def test_garbage_collection_says_what_it_freed_and_keeps_the_rollback_point(device):
    """R21; peers 3: snapd#5145."""
    put(device, "locals/x", base="b0", app="a1" * 1000)
    device.client.command("LOCAL_RUN", "locals/x")
    device.until(lambda: device.status_of("locals/x") == "UPDATED")
    device.client.command("ROLLBACK")
    device.until(lambda: device.client.get("/status")["update"] is None)
    freed = device.client.post("/storage/gc")["reclaimed"]
    assert freed >= 2000
    assert device.storage.revisions() == ["0"]


def test_a_second_command_is_told_to_come_again(device):
    """device.md 7: 503 with Retry-After."""
    put(device, "locals/x", base="b1", app="a1")
    device.client.command("LOCAL_RUN", "locals/x")
    with pytest.raises(Busy) as caught:
        device.client.command("LOCAL_RUN", "locals/x")
    assert caught.value.retry_after_s in (120, 600)


def test_user_metadata_is_kept_and_shown(device):
    device.client.put("/user-meta/k.x", b"v w")
    assert device.client.get("/user-meta") == {"k.x": "v w"}
    device.client.delete("/user-meta/k.x")
    assert device.client.get("/user-meta") == {}
    with pytest.raises(NotFound):
        device.client.delete("/user-meta/k.x")


def test_what_waits_says_since_when_for_what_and_until_when(device):
    """design.md rule 7; peers 3: nebraska#853."""
    put(device, "locals/x", base="b0", app="a1")
    device.client.command("LOCAL_APPLY", "locals/x")
    device.until(lambda: device.client.get("/status")["staged"] == "locals/x")
    (wait,) = device.client.get("/status")["waits"]
    assert wait["what"] == "revision locals/x"
    assert wait["for"] == "the next reboot"
    assert wait["since"].endswith("Z")


def test_names_that_leave_the_trails_are_refused(device):
    for name in ("locals/../0", "locals/" + "x" * 64, "foo", "locals/a/b"):
        with pytest.raises((InvalidInput, SurefootError)):
            device.client.put(f"/steps/{name}", state_text(device.storage, app="a1").encode())
    assert device.storage.revisions() == ["0"]
