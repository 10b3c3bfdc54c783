"""Reports and cancels over the wire. Which report follows which is `test_forward.py`'s."""

import json
import threading

import pytest

C_REPORT = (
    b'{"status":"DOWNLOADING","status-msg":"Downloading update artifacts, retry 1 of 10",'
    b'"progress":25,"retries":1,"downloads":{"total":{"object_name":"total","object_id":"none",'
    b'"total_size":307200,"total_downloaded":0,"start_time":1795501395,"current_time":1795501396}}}'
)


def put(gateway, rev, body, token=None):
    target = f"{gateway.trail}/steps/{rev}/progress"
    return gateway.world.call("PUT", target, body, token=token or gateway.token)


def test_a_report_is_answered_with_what_is_held(gateway):
    """R14; recorded/device-c-nonreboot."""
    rev = gateway.post()
    reply = put(gateway, rev, C_REPORT)
    assert (reply.status, reply.body) == (200, C_REPORT)
    assert gateway.asks("GET", f"/steps/{rev}/progress").body == C_REPORT
    step = gateway.owner_asks("GET", f"/steps/{rev}").json
    assert step["progress"] == json.loads(C_REPORT)
    assert step["progress-time"] > step["step-time"]


def test_retries_logs_and_unknown_keys_come_back(gateway):
    rev = gateway.post()
    body = {"status": "ERROR", "status-msg": "x", "retries": 3, "logs": "l\n", "new": {"k": [1.5]}}
    assert put(gateway, rev, body).json == body
    assert gateway.asks("GET", f"/steps/{rev}").json["progress"] == body


def test_a_device_that_goes_back_changes_nothing(gateway):
    """peers 3: iot-hub-device-update#625."""
    rev = gateway.post()
    walk = [
        ("QUEUED", "Retried 0 of 10", 0),
        ("DOWNLOADING", "Retry 1 of 10", 1),
        ("INPROGRESS", "Update installed", 1),
        ("INPROGRESS", "Starting updated version", 1),
        ("TESTING", "Awaiting to set rollback point if update is stable", 1),
        ("DONE", "Update finished, revision set as rollback point", 1),
    ]
    for status, message, retries in walk:
        assert gateway.report(rev, status, message, retries=retries)["status"] == status
    for status, message, retries in reversed(walk):
        held = gateway.report(rev, status, message, retries=retries)
        assert (held["status"], held["status-msg"]) == (walk[-1][0], walk[-1][1])


def test_retries_that_fall_are_ignored(gateway):
    rev = gateway.post()
    gateway.report(rev, "QUEUED", "Retried 2 of 10", retries=2)
    assert gateway.report(rev, "DOWNLOADING", "Retry 1 of 10", retries=1)["retries"] == 2


def test_what_is_repeated_is_not_written_again(gateway):
    rev = gateway.post()
    gateway.report(rev, "DONE")
    before = gateway.owner_asks("GET", f"/steps/{rev}").json
    gateway.report(rev, "DONE")
    gateway.report(rev, "ERROR", "Unexpected rollback")
    assert gateway.owner_asks("GET", f"/steps/{rev}").json == before


def test_reports_that_come_at_once_end_in_the_end(gateway):
    rev = gateway.post()
    start = threading.Barrier(4)

    def tell(status):
        start.wait(30)
        gateway.report(rev, status)

    names = ("QUEUED", "DOWNLOADING", "TESTING", "DONE")
    threads = [threading.Thread(target=tell, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert gateway.asks("GET", f"/steps/{rev}/progress").json["status"] == "DONE"


def test_a_finished_step_brings_the_trail_in_sync(gateway):
    rev = gateway.post()
    before = gateway.owner_asks("GET", "").json["last-insync"]
    gateway.report(rev, "TESTING")
    assert gateway.owner_asks("GET", "").json["last-insync"] == before
    gateway.report(rev, "UPDATED")
    assert gateway.owner_asks("GET", "").json["last-insync"] > before


def test_the_simulators_word_on_its_factory_state_changes_nothing(gateway):
    """recorded/mocker-register-autotoken."""
    held = gateway.report(0, "DONE", "Bootstrap complete", logs="")
    assert held["status-msg"] == "Factory revision"


def test_only_the_device_itself_reports(gateway, synced, eve, anonymous):
    rev, sister = gateway.post(), synced()
    for token in (gateway.owner, eve, anonymous, sister.token):
        assert put(gateway, rev, C_REPORT, token).status == 403
    gateway.world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    assert put(gateway, rev, C_REPORT, sister.token).status == 403
    assert gateway.asks("GET", f"/steps/{rev}/progress").json["status"] == "NEW"


@pytest.mark.parametrize("rev", ["9", "committer", "-1", "01", "+1", "1.0", "99999999999999999999"])
def test_a_step_that_is_not_there_is_404(gateway, rev):
    """recorded/device-c-hijack: reports to `/steps/committer` must not end in a fault of ours."""
    assert put(gateway, rev, C_REPORT).status == 404
    assert gateway.asks("GET", f"/steps/{rev}").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b'{"status":"DONE","progress":NaN}', 400),
        (b'{"a":' * 50_000, 400),
        (b"{}", 422),
        (b'{"status":"BANANA"}', 422),
        (b'{"status":"DONE","retries":-1}', 422),
        (b'{"status":"DONE","logs":[]}', 422),
        (b'{"status":"DONE","x":[' + b"[]," * 30_000 + b"[]]}", 422),
        (b" " * (1 << 20) + b"  ", 413),
    ],
)
def test_a_bad_report_changes_nothing(gateway, body, status):
    rev = gateway.post()
    assert put(gateway, rev, body).status == status
    assert gateway.asks("GET", f"/steps/{rev}/progress").json["status"] == "NEW"


def test_log_lines_that_are_no_text_do_not_cost_the_report(gateway):
    rev = gateway.post()
    reply = put(gateway, rev, b'{"status":"ERROR","status-msg":"x","logs":"\xff\\ud800"}')
    assert reply.status == 200
    assert reply.json["status"] == "ERROR"


# ---- the owner -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["cancel", "wontgo"])
def test_only_the_owner_ends_a_step(gateway, synced, eve, anonymous, method):
    rev, sister = gateway.post(), synced()
    gateway.world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    for token in (gateway.token, sister.token, eve, anonymous):
        target = f"{gateway.trail}/steps/{rev}/{method}"
        assert gateway.world.call("PUT", target, token=token).status == 403
    assert gateway.asks("GET", f"/steps/{rev}/progress").json["status"] == "NEW"


def test_a_step_that_is_cancelled_is_not_offered(gateway):
    """`the device is away`: it never hears of the step."""
    rev = gateway.post()
    reply = gateway.owner_asks("PUT", f"/steps/{rev}/cancel")
    assert reply.status == 200
    assert (reply.json["status"], reply.json["progress"]) == ("CANCELLED", 100)
    assert gateway.asks("GET", "/steps").body == b"[]"
    again = gateway.owner_asks("PUT", f"/steps/{rev}/cancel")
    assert (again.status, again.body) == (200, reply.body)


def test_a_device_learns_of_a_cancel_by_its_next_report(gateway):
    """R14."""
    rev = gateway.post()
    gateway.report(rev, "DOWNLOADING", "Retry 2 of 10", retries=2)
    assert gateway.owner_asks("PUT", f"/steps/{rev}/cancel").json["retries"] == 2
    for status, message in (
        ("DOWNLOADING", "Retry 2 of 10"),
        ("INPROGRESS", "Update objects downloaded"),
        ("CANCEL", ""),
        ("WONTGO", "Internal error"),
    ):
        assert gateway.report(rev, status, message, retries=2)["status"] == "CANCELLED"


def test_a_device_that_had_armed_overrules_a_cancel(gateway):
    """R14: what runs is the truth."""
    rev = gateway.post()
    gateway.owner_asks("PUT", f"/steps/{rev}/cancel")
    held = gateway.report(rev, "INPROGRESS", "Update installed")
    assert held["status"] == "INPROGRESS"
    assert gateway.report(rev, "TESTING")["status"] == "TESTING"


def test_what_is_armed_cannot_be_cancelled_and_the_answer_says_why(gateway):
    rev = gateway.post()
    gateway.report(rev, "INPROGRESS", "Update objects downloaded")
    gateway.report(rev, "INPROGRESS", "Update installed")
    reply = gateway.owner_asks("PUT", f"/steps/{rev}/cancel")
    assert reply.status == 409
    assert "Update installed" in reply.json["error"]
    assert gateway.asks("GET", f"/steps/{rev}/progress").json["status"] == "INPROGRESS"


def test_what_hangs_in_progress_can_be_given_up(gateway):
    rev = gateway.post()
    assert gateway.owner_asks("PUT", f"/steps/{rev}/wontgo").status == 409
    gateway.report(rev, "INPROGRESS", "Rebooting")
    assert gateway.owner_asks("PUT", f"/steps/{rev}/wontgo").json["status"] == "WONTGO"
    assert gateway.report(rev, "TESTING")["status"] == "WONTGO"


def test_what_the_owner_did_is_noted(gateway):
    rev = gateway.post()
    gateway.owner_asks("PUT", f"/steps/{rev}/cancel")
    row = gateway.world.run(
        gateway.world.database.one(
            "SELECT detail FROM audit WHERE action = 'step cancelled' AND subject = ?",
            f"{gateway.trail}/steps/{rev}",
        )
    )
    assert row["detail"] == "was NEW"


def test_ending_a_step_that_is_not_there_is_404(gateway):
    assert gateway.owner_asks("PUT", "/steps/9/cancel").status == 404
    assert gateway.owner_asks("PUT", "/steps/9/wontgo").status == 404
