"""What a client reads of a Hub's answers; bodies as the reference, its doubles and ours send
them."""

import json

import pytest

from surefoot.errors import InvalidInput
from surefoot.wire.hub import answers
from surefoot.wire.hub.answers import ObjectPlace, Offered, Registered, Seen
from surefoot.wire.progress import Progress, Status

ID = "5f3e9c0a1b2c3d4e5f607182"
PRN = f"prn:::devices:/{ID}"
SHA = "ab" * 32


def body(**members: object) -> bytes:
    return json.dumps({name.replace("_", "-"): value for name, value in members.items()}).encode()


def test_a_login_gives_its_token() -> None:
    assert answers.token(b'{"token":"a.b.c"}') == "a.b.c"


@pytest.mark.parametrize(
    "wrong",
    [b"", b"ok", b"[]", b"{}", b'{"token":""}', b'{"token":5}', b'{"token":null}', b'{"token":"a"',
     b'{"token":"a"} x', b"\xff", b'"token"'],
)  # fmt: skip
def test_a_login_without_a_token_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidInput):
        answers.token(wrong)


@pytest.mark.parametrize("token", ["a\r\nHost: b", "a b", "ä", "a" * 20_000])
def test_a_token_that_is_no_field_of_a_header_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="token"):
        answers.token(json.dumps({"token": token}).encode())


def test_a_registration_gives_who_the_device_is() -> None:
    found = answers.registered(body(id=ID, prn=PRN, secret="s", challenge="a-b-c", public=False))
    assert found == Registered(ID, PRN, "s", "a-b-c")


def test_a_device_that_is_owned_at_once_has_no_challenge() -> None:
    assert answers.registered(body(id=ID, prn=PRN, secret="s")).challenge == ""


@pytest.mark.parametrize("lacking", ["id", "prn", "secret"])
def test_a_registration_without_its_parts_is_refused(lacking: str) -> None:
    members = {"id": ID, "prn": PRN, "secret": "s"}
    del members[lacking]
    with pytest.raises(InvalidInput, match=lacking):
        answers.registered(body(**members))


@pytest.mark.parametrize("key", ["id", "prn", "secret"])
@pytest.mark.parametrize("bad", ["a\nPV_LOG_LEVEL=0", "a b", "\ud800", "ä", "a" * 2000])
def test_what_cannot_stand_in_a_line_of_configuration_is_no_registration(
    key: str, bad: str
) -> None:
    with pytest.raises(InvalidInput, match=key):
        answers.registered(body(**{"id": ID, "prn": PRN, "secret": "s", key: bad}))


def test_a_challenge_that_cannot_be_shown_is_refused() -> None:
    with pytest.raises(InvalidInput, match="challenge"):
        answers.seen(body(id=ID, owner="", challenge="a\ud800"))


def test_a_device_shows_its_owner_once_it_is_claimed() -> None:
    assert answers.seen(body(id=ID, owner="", challenge="a-b-c")) == Seen(ID, "", "a-b-c")
    owner = "prn:::accounts:/5f3e9c0a1b2c3d4e5f600001"
    assert answers.seen(body(id=ID, owner=owner)) == Seen(ID, owner, "")


def test_trails_are_listed_by_id() -> None:
    assert answers.trails(b"[]") == []
    assert answers.trails(b' [ {"id":"%s","factory-state":{}} ] ' % ID.encode()) == [ID]


@pytest.mark.parametrize("wrong", [b"{}", b"null", b"[{}]", b"[1]", b"[", b"[] []", b'[{"id":1}]'])
def test_what_is_no_list_of_trails_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidInput):
        answers.trails(wrong)


def test_no_step_is_offered_by_an_empty_list() -> None:
    assert answers.offered(b"[]") is None
    assert answers.offered(b" [ \n ] ") is None


def test_of_the_steps_only_the_first_counts() -> None:
    found = answers.offered(b'[{"rev":3,"state":{}},{"rev":4,"state":{}}]')
    assert found == Offered("3", b"{}", "", None)


STATES = [
    b"{}",
    b'{ "b" : 1.0 ,\n\t"a":[ 1e3 , {"state":"x"} ] }',
    b'{"#spec":"pantavisor-service-system@1","\xc3\xa4":"\\u00e4 \\ud83d\\ude00 \xf0\x9f\x98\x80"}',
    b'{"n":123456789012345678901234567890.00,"m":-0}',
]


@pytest.mark.parametrize("state", STATES)
def test_a_state_stays_as_it_was_sent(state: bytes) -> None:
    """pvr.md 4.3: signatures cover the text."""
    text = b'[{"commit-msg":"\\"state\\":{}", "rev" : 7 , "state" :  %s  ,"progress":{}}]' % state
    found = answers.offered(text)
    assert found is not None
    assert found.state == state
    assert found.message == '"state":{}'


@pytest.mark.parametrize("state", ["null", "[1]", "{}", '"text"', "17"])
def test_a_state_of_any_kind_is_passed_on_as_text(state: str) -> None:
    """Whether it is one is for the gate to say, so that the step can be refused (R12)."""
    found = answers.step(f'{{"rev":1,"state":{state}}}')
    assert found.state == state.encode()


def test_a_step_without_a_state_has_an_empty_one() -> None:
    assert answers.step(b'{"rev":1}').state == b""


def test_a_step_brings_its_progress() -> None:
    told = '{"status":"QUEUED","status-msg":"m","progress":5,"retries":2,"log":""}'
    found = answers.step(f'{{"rev":1,"state":{{}},"progress":{told}}}')
    assert found.progress == Progress(Status.QUEUED, "m", 5, 2)


@pytest.mark.parametrize(
    "told", ["null", "{}", '"x"', '{"status":"ODD"}', '{"status":"NEW","retries":"x"}']
)
def test_progress_that_cannot_be_understood_is_none(told: str) -> None:
    assert answers.step(f'{{"rev":1,"state":{{}},"progress":{told}}}').progress is None


@pytest.mark.parametrize("rev", ["null", "-1", "1.5", "true", "{}", '"x"', "1e3", "9" * 30])
def test_a_step_without_a_number_is_refused(rev: str) -> None:
    with pytest.raises(InvalidInput, match="rev"):
        answers.step(f'{{"rev":{rev},"state":{{}}}}')


def test_the_members_of_a_step_are_not_mistaken_for_each_other() -> None:
    """The recordings `device-c-hijack*`: a message `rev` installs a wrong revision there."""
    found = answers.step(
        b'{"commit-msg":"rev","committer":"state","meta":{"rev":9,"state":{"x":1}},"rev":2,"state":{}}'
    )
    assert (found.revision, found.state, found.message) == ("2", b"{}", "rev")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (b'{"status":"CANCELLED","progress":100,"status-msg":"x"}', Status.CANCELLED),
        (b'{"status":"CANCEL","progress":100,"status-msg":"x"}', Status.CANCELLED),
        (b'{"status":"TESTING"}', Status.TESTING),
        (b'{"status":"ok"}', None),
        (b"", None),
    ],
)
def test_the_answer_to_a_report_says_what_the_hub_holds(told: bytes, status: Status | None) -> None:
    assert answers.held(told) == status


def test_an_object_is_somewhere() -> None:
    text = body(id=SHA, sha256sum=SHA, size="17", sizeint=17, signed_geturl="g", signed_puturl="p")
    assert answers.place(text, present=True) == ObjectPlace(SHA, 17, "g", "p", True)


def test_an_object_of_a_sparing_hub_is_understood() -> None:
    assert answers.place(body(id=SHA, sizeint=3), present=False) == ObjectPlace(
        SHA, 3, "", "", False
    )


@pytest.mark.parametrize("size", ["", "x", "-1", "1.5", None, [], "9" * 40, " 1"])
def test_an_object_of_no_size_is_refused(size: object) -> None:
    with pytest.raises(InvalidInput, match="size"):
        answers.place(body(id=SHA, size=size), present=True)


def test_an_object_without_a_name_is_refused() -> None:
    with pytest.raises(InvalidInput):
        answers.place(body(size="1"), present=True)


def test_metadata_may_hold_values_of_any_kind() -> None:
    assert answers.meta(b'{"a":"b","n":1,"o":{"x":[null]}}') == {
        "a": "b",
        "n": 1,
        "o": {"x": [None]},
    }


@pytest.mark.parametrize("wrong", [b"[]", b"null", b"", b"{", b'{"a":\xff}', b"[" * 100_000])
def test_metadata_that_is_none_is_refused(wrong: bytes) -> None:
    with pytest.raises(InvalidInput):
        answers.meta(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"incident":1,"error":"internal","msg":"no such rev","code":0}', "no such rev"),
        (b'{"Error":"Not Found"}', "Not Found"),
        (b'{"error":"x"}', "x"),
        (b'{"msg":5,"error":"x"}', "x"),
        (b"<html>Bad Gateway</html>", ""),
        (b"", ""),
        (b"{}", ""),
    ],
)
def test_a_complaint_is_read_whoever_wrote_it(text: bytes, words: str) -> None:
    assert answers.complaint(text) == words


def test_a_complaint_is_cut_to_what_can_be_shown() -> None:
    assert len(answers.complaint(body(msg="x" * 10_000))) == 500
