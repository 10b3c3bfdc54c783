import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import InvalidInput
from surefoot.wire.progress import PERCENT, Downloads, Progress, Status, decode, encode

DOWNLOADS = Downloads(307200, 0, 1795501817, 1795501817)
DOWNLOADING = (
    b'{"status":"DOWNLOADING","status-msg":"Retry 1 of 10","progress":25,"retries":1,'
    b'"downloads":{"total":{"object_name":"total","object_id":"none","total_size":307200,'
    b'"total_downloaded":0,"start_time":1795501817,"current_time":1795501817}}}'
)
LOG_LINE = '{"tsec":1333,"tnano":0,"platform":"p","lvl":"ERROR","src":"state","msg":"é"}\n'
FAILED = (
    b'{"status":"ERROR","status-msg":"A container could not be started","progress":100,'
    b'"retries":1,"logs":"{\\"tsec\\":1333,\\"tnano\\":0,\\"platform\\":\\"p\\",'
    b'\\"lvl\\":\\"ERROR\\",\\"src\\":\\"state\\",\\"msg\\":\\"\xc3\xa9\\"}\\n"}'
)

KNOWN = [
    (
        b'{"status":"DONE","status-msg":"Factory revision","progress":100,"retries":0}',
        Progress(Status.DONE, "Factory revision", 100),
    ),
    (DOWNLOADING, Progress(Status.DOWNLOADING, "Retry 1 of 10", 25, 1, DOWNLOADS)),
    (
        FAILED,
        Progress(Status.ERROR, "A container could not be started", 100, 1, logs=LOG_LINE),
    ),
]

BAD = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff\xfe", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"[]", "must be a JSON object"),
    (b'{"status-msg":"x"}', "'status'"),
    (b'{"status":"done"}', "'status'"),
    (b'{"status":["DONE"]}', "'status'"),
    (b'{"status":"DONE","status-msg":7}', "'status-msg'"),
    (b'{"status":"DONE","progress":"100"}', "'progress'"),
    (b'{"status":"DONE","progress":1.5}', "'progress'"),
    (b'{"status":"DONE","progress":-1}', "'progress'"),
    (b'{"status":"DONE","retries":true}', "'retries'"),
    (b'{"status":"DONE","retries":null}', "'retries'"),
    (b'{"status":"DONE","logs":[]}', "'logs'"),
    (b'{"status":"DONE","downloads":[]}', "'downloads'"),
    (b'{"status":"DONE","downloads":{"total":1}}', "'downloads'"),
    (b'{"status":"DONE","downloads":{"total":{"total_size":"1"}}}', "'total_size'"),
    (b'{"status":"' + b"x" * 5000 + b'"}', "xxx..."),
]


@pytest.mark.parametrize(("text", "progress"), KNOWN)
def test_the_text_is_the_reference_s_byte_for_byte(text: bytes, progress: Progress) -> None:
    assert encode(progress) == text
    assert decode(text) == progress


def test_blanks_another_order_and_unknown_keys_are_accepted() -> None:
    text = b' { "retries" : 3, "progress":100,\n"extra":{}, "status-msg":"x","status": "ERROR" } '
    assert decode(text) == Progress(Status.ERROR, "x", 100, 3)


def test_what_is_absent_has_its_empty_value() -> None:
    assert decode(b'{"status":"NEW"}') == Progress(Status.NEW, "", 0, 0)
    assert decode(b'{"status":"NEW","downloads":{},"logs":null}') == Progress(Status.NEW, "", 0, 0)


def test_the_references_spelling_of_cancelled_is_understood() -> None:
    assert decode(b'{"status":"CANCEL"}').status is Status.CANCELLED
    assert b'"CANCELLED"' in encode(Progress(Status.CANCELLED, "", 100))


@pytest.mark.parametrize(("text", "named"), BAD)
def test_what_is_no_progress_is_refused_by_the_key_that_is_wrong(text: bytes, named: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(text)
    assert named in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_log_line_that_was_no_utf_8_does_not_cost_the_record() -> None:
    torn = Progress(Status.ERROR, "Internal error", 100, logs="\udcff broken")
    assert decode(encode(torn)).logs == "? broken"


def test_each_status_has_its_percentage() -> None:
    assert set(PERCENT) == set(Status)
    final = {Status.UPDATED, Status.DONE, Status.WONTGO, Status.ERROR, Status.CANCELLED}
    assert {status for status, percent in PERCENT.items() if percent == 100} == final


WHOLE = st.integers(min_value=0, max_value=1 << 62)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ANY_PROGRESS = st.builds(
    Progress,
    status=st.sampled_from(Status),
    message=TEXT,
    progress=WHOLE,
    retries=WHOLE,
    downloads=st.none() | st.builds(Downloads, WHOLE, WHOLE, WHOLE, WHOLE),
    logs=st.none() | TEXT,
)


@given(ANY_PROGRESS)
def test_encode_and_decode_are_inverse(progress: Progress) -> None:
    text = encode(progress)
    assert decode(text) == progress
    assert list(json.loads(text))[:4] == ["status", "status-msg", "progress", "retries"]


@given(st.binary(max_size=200) | st.sampled_from([text for text, _ in KNOWN]), st.data())
def test_damaged_bytes_are_refused_or_read_and_never_crash(
    text: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(text)))
    try:
        decode(text[:cut] + data.draw(st.binary(max_size=3)) + text[cut:])
    except InvalidInput:
        pass
