"""What a Hub's "no" means."""

import pytest

from surefoot.client.hub.http import Answer
from surefoot.client.hub.refusals import Gone, HubRefused, refusal, retry_after_s
from surefoot.errors import Busy, Conflict, Forbidden, NotFound, SurefootError, outcome

BODY = b'{"error":"conflict","msg":"rev 3 is there already"}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, HubRefused), (401, Forbidden), (403, HubRefused), (404, NotFound), (408, Busy),
     (409, HubRefused), (410, HubRefused), (412, HubRefused), (413, HubRefused),
     (422, HubRefused), (425, Busy), (429, Busy), (500, Busy), (502, Busy), (503, Busy),
     (507, Busy), (302, HubRefused)],
)  # fmt: skip
def test_each_status_has_its_error(status: int, kind: type[SurefootError]) -> None:
    error = refusal(Answer(status, {}, BODY), "the step")
    assert type(error) is kind
    assert "the step" in str(error)
    assert "rev 3 is there already" in str(error)


def test_a_refusal_knows_its_status_and_is_a_conflict() -> None:
    error = refusal(Answer(412, {}, b""), "it")
    assert isinstance(error, HubRefused)
    assert isinstance(error, Conflict)
    assert error.status == 412
    assert "status 412" in str(error)
    assert outcome(error).exit_code == 3


def test_what_is_gone_is_not_found() -> None:
    assert issubclass(Gone, NotFound)


def test_a_busy_hub_says_when_to_come_again() -> None:
    error = refusal(Answer(503, {"retry-after": "17"}, b""), "it")
    assert isinstance(error, Busy)
    assert error.retry_after_s == 17


DATE = "Tue, 24 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 5 "}, 5),
        ({"retry-after": "99999999999999"}, 3600),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", "date": DATE}, 30),
        ({"retry-after": "Tue, 24 Nov 2026 09:00:00 GMT", "date": DATE}, 0),
        ({"retry-after": "Tue, 24 Nov 2099 09:00:00 GMT", "date": DATE}, 3600),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT"}, None),
        ({"retry-after": "Tue, 24 Nov 2026 10:00:30", "date": DATE}, None),
    ],
)
def test_the_time_to_come_again_is_read_without_our_clock(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert retry_after_s(headers) == seconds
