"""Bodies of trails and steps: texts stay as they are, and nothing misleads the C agent."""

import json
from dataclasses import replace

import pytest

from surefoot.errors import InvalidInput
from surefoot.wire.hub import trails as wire
from surefoot.wire.hub.answers import member_text, offered
from surefoot.wire.progress import Status
from tests.support import c_device_json as c_device

ODD = '{ "#spec":"x",\t"b.json":[1.50e0, 1E3,-0],"a.json" : {"z":"\\u00e9é","k":0.10} }'
STEP = wire.StepBody(
    trail="5f3e9c0a1b2c3d4e5f607182",
    owner="5f3e9c0a1b2c3d4e5f600001",
    rev=7,
    committer="prn:::accounts:/5f3e9c0a1b2c3d4e5f600001",
    commit_msg="a message",
    state=ODD,
    state_sha="ab" * 32,
    progress='{"status":"NEW","progress":0}',
    meta='{ "k": 1 }',
    step_time="t1",
    progress_time="t2",
    created="t3",
    modified="t4",
)
READ = ("rev", "progress", "commit-msg", "state")
SORTED = [
    "commit-msg", "committer", "device", "garbage", "id", "mark_public_processed", "meta", "owner",
    "progress", "progress-time", "rev", "state", "state-sha", "step-time", "time-created",
    "time-modified", "trail-id", "used_objects",
]  # fmt: skip


# ---- steps -------------------------------------------------------------------------------------


def test_for_a_device_the_four_that_it_reads_come_first():
    """hub-wire 0.5."""
    body = json.loads(wire.step_for_device(STEP))
    assert tuple(body)[:4] == READ
    assert {*body} == {*SORTED} - {"used_objects"}


def test_for_users_the_keys_are_sorted():
    body = json.loads(wire.step_for_user(STEP, ["cd" * 32]))
    assert list(body) == SORTED
    assert body["id"] == "5f3e9c0a1b2c3d4e5f607182-7"
    assert body["used_objects"] == ["cd" * 32]
    assert body["owner"] == "prn:::accounts:/5f3e9c0a1b2c3d4e5f600001"
    assert body["device"] == "prn:::devices:/5f3e9c0a1b2c3d4e5f607182"


@pytest.mark.parametrize("body", [wire.step_for_device(STEP), wire.step_for_user(STEP, [])])
def test_texts_stand_in_the_body_byte_for_byte(body):
    """pvr.md 4.3: signatures cover the text."""
    assert member_text(body.decode(), "state") == ODD
    assert member_text(body.decode(), "meta") == STEP.meta
    assert member_text(body.decode(), "progress") == STEP.progress


@pytest.mark.parametrize("word", [*READ, "status", "id", "owner"])
def test_no_message_and_no_meta_misleads_a_first_match_parser(word):
    """recorded/device-c-hijack: a message `rev` installed a revision named `committer`."""
    nasty = json.dumps(dict.fromkeys((*READ, word), word))
    step = replace(STEP, commit_msg=word, meta=nasty, committer=word)
    body = wire.step_for_device(step).decode()
    assert c_device.find(body, "rev") == "7"
    assert c_device.find(body, "progress") == STEP.progress
    assert c_device.find(body, "state") == ODD
    if word != "commit-msg":
        assert c_device.find(body, "commit-msg") == word


def test_our_agent_reads_what_is_offered():
    step = offered(wire.listed([wire.step_for_device(STEP)]))
    assert (step.revision, step.state, step.message) == ("7", ODD.encode(), "a message")
    assert step.progress.status is Status.NEW


def test_a_message_of_any_text_is_sent():
    message = 'quotes " and \\ and \n and é and \ud800 end'
    body = json.loads(wire.step_for_device(replace(STEP, commit_msg=message)))
    assert body["commit-msg"] == message.replace("\ud800", "?")


def test_nothing_to_list_is_an_empty_array():
    assert wire.listed([]) == b"[]"
    assert wire.listed([b"1", b"2"]) == b"[1,2]"


# ---- trails ------------------------------------------------------------------------------------


def test_a_trail():
    body = wire.TrailBody(STEP.trail, STEP.owner, "t1", "t2")
    assert json.loads(wire.trail(body)) == {
        "id": STEP.trail,
        "owner": f"prn:::accounts:/{STEP.owner}",
        "device": f"prn:::devices:/{STEP.trail}",
        "last-insync": "t1",
        "last-touched": "t2",
    }


def test_a_trail_with_its_factory_state_as_it_was_sent():
    text = wire.trail(wire.TrailBody(STEP.trail, STEP.owner, "t1", "t2", ODD)).decode()
    assert member_text(text, "factory-state") == ODD
    assert list(json.loads(text))[:2] == ["id", "owner"]


# ---- what is posted ------------------------------------------------------------------------------


def test_a_post_keeps_the_texts():
    text = f'{{"x":[1],"state" :  {ODD} , "rev":3,"commit-msg":"m","meta": {{"a":1.0}}}}'
    assert wire.posted(text) == wire.Posted(3, "m", ODD, '{"a":1.0}')


@pytest.mark.parametrize("rev", ['"rev":-1,', '"rev":0,', '"rev":null,', ""])
def test_the_hub_chooses_the_number_when_none_is_asked_for(rev):
    assert wire.posted(f'{{{rev}"state":{{}}}}') == wire.Posted(None, "", "{}", "{}")


def test_null_is_no_message_and_no_meta():
    posted = wire.posted('{"state":{},"commit-msg":null,"meta":null}')
    assert (posted.commit_msg, posted.meta) == ("", "{}")


def test_a_message_loses_what_no_database_takes():
    posted = wire.posted('{"state":{},"commit-msg":"a\\u0000b\\ud800c\\ud83d\\ude00"}')
    assert posted.commit_msg == "a\ufffdb\ufffdc\U0001f600"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        '{"state":{}',
        "{}",
        '{"state":[]}',
        '{"state":"x"}',
        '{"state":{},"rev":"locals/abc"}',
        '{"state":{},"rev":-2}',
        '{"state":{},"rev":true}',
        '{"state":{},"rev":1.5}',
        '{"state":{},"commit-msg":7}',
        '{"state":{},"meta":[]}',
        '{"state":{},"meta":{"a":NaN}}',
        '{"state":{},"state":{"a":1}}',
        '{"state":' + "[" * 100_000,
        '{"state":{},"rev":' + "9" * 5000 + "}",
    ],
)
def test_a_post_that_is_none_is_refused(text):
    with pytest.raises(InvalidInput):
        wire.posted(text)


@pytest.mark.parametrize("text", ["", "[]", "nul", '{"a":Infinity}', '{"a":' * 100_000])
def test_a_meta_must_be_an_object(text):
    with pytest.raises(InvalidInput):
        wire.require_object(text)


# ---- progress ------------------------------------------------------------------------------------


def reported(body):
    return wire.report(wire.report_members(body))


def test_a_report_is_kept_with_all_its_keys():
    body = (
        b'{ "status": "ERROR", "status-msg": "x", "progress": 100, "retries": 2,\n'
        b'"logs": "l", "data": {"a": [1.5, null]}, "log": "" }'
    )
    report = reported(body)
    assert (report.status, report.message, report.retries, report.logs) == (
        Status.ERROR, "x", 2, "l",
    )  # fmt: skip
    assert report.text == (
        '{"status":"ERROR","status-msg":"x","progress":100,"retries":2,'
        '"logs":"l","data":{"a":[1.5,null]},"log":""}'
    )


@pytest.mark.parametrize("word", ["CANCEL", "CANCELED", "CANCELLED"])
def test_all_spellings_of_a_cancel(word):
    report = reported(json.dumps({"status": word}).encode())
    assert report.status is Status.CANCELLED
    assert report.text == '{"status":"CANCELLED"}'


def test_null_is_absent_where_a_device_would_stumble_over_it():
    """recorded/README.md: the simulator takes no null for `status-msg`, `logs`, `downloads`."""
    report = reported(
        b'{"status":"DONE","status-msg":null,"logs":null,"downloads":null,"progress":null,"x":null}'
    )
    assert report.text == '{"status":"DONE","x":null}'


def test_bytes_that_are_no_text_cost_only_themselves():
    report = reported(b'{"status":"ERROR","logs":"a\xffb\\ud800c\x01"}')
    assert report.logs.startswith("a\ufffdb")
    json.loads(report.text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b'{"status":"DONE","progress":NaN}',
        b'{"status":"DONE","x":1e999}',
        b'{"status":"DONE","x":-Infinity}',
        b'{"a":' * 100_000,
        b'{"x":' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_no_report(body):
    with pytest.raises(InvalidInput):
        wire.report_members(body)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"status": "BANANA"},
        {"status": ["DONE"]},
        {"status": None},
        {"status": "DONE", "progress": -1},
        {"status": "DONE", "retries": "1"},
        {"status": "DONE", "logs": {}},
        {"status": "DOWNLOADING", "downloads": []},
    ],
)
def test_a_report_with_a_bad_member_is_refused(members):
    with pytest.raises(InvalidInput, match="of the progress"):
        wire.report(members)


def test_what_was_stored_is_read_back():
    report = reported(b'{"status":"QUEUED","status-msg":"Retried 1 of 3","retries":1}')
    assert wire.held(report.text) == report


def test_the_hubs_own_progress_has_the_percentage_of_its_status():
    assert json.loads(wire.said(Status.CANCELLED, "m", 2).text) == {
        "status": "CANCELLED",
        "status-msg": "m",
        "progress": 100,
        "retries": 2,
    }


def test_logs_are_added_to_what_is_there():
    report = wire.with_logs(reported(b'{"status":"ERROR","retries":1,"x":2}'), "l")
    assert report.text == '{"status":"ERROR","retries":1,"x":2,"logs":"l"}'
    assert report.logs == "l"


def test_status_words():
    assert [wire.status_word(word) for word in ("CANCEL", "NEW")] == ["CANCELLED", "NEW"]


# ---- discovery, summaries ------------------------------------------------------------------------


def test_discovery():
    """hub-wire 6, recorded/pvr-info."""
    repo = "https://hub.test/trails/5f3e9c0a1b2c3d4e5f607182"
    assert json.loads(wire.pvr_remote("https://hub.test", STEP.trail, 7)) == {
        "pvr-spec": "pvr-pantahub-1",
        "json-get-url": f"{repo}/steps/7/state",
        "json-key": "state",
        "objects-endpoint": f"{repo}/steps/7/objects",
        "post-url": f"{repo}/steps",
        "post-fields": ["commit-msg"],
        "post-fields-opt": ["rev"],
        "step-get-url": f"{repo}/steps/7",
    }
