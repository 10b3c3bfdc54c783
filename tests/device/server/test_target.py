import pytest

from surefoot.device.server.reader import Refused
from surefoot.device.server.target import Target, is_for_us, parse_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/steps", Target("/steps", "", None)),
        ("/events?from=3&x=?", Target("/events", "from=3&x=?", None)),
        ("http://localhost/steps/0", Target("/steps/0", "", "localhost")),
        ("HTTP://localhost:80?x", Target("", "x", "localhost:80")),
        ("http://localhost", Target("/", "", "localhost")),
        ("http:///steps", Target("/steps", "", "")),
        ("/steps/locals/..%2f..%2fx", Target("/steps/locals/..%2f..%2fx", "", None)),
        ("/user-meta/k%20v", Target("/user-meta/k%20v", "", None)),
        ("/user-meta/\xc3\xbc", Target("/user-meta/ü", "", None)),
    ],
)
def test_a_target_is_taken_literally_in_either_form(text: str, expected: Target) -> None:
    assert parse_target(text) == expected


@pytest.mark.parametrize("text", ["/\xff", "/a\x00b", "/a\x7f", "/a\tb"])
def test_bytes_that_are_no_text_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_target(text)


@pytest.mark.parametrize(
    ("host", "fields", "expected"),
    [
        (None, [], True),
        (None, [""], True),
        (None, ["localhost"], True),
        (None, [" LocalHost:8080 "], True),
        (None, ["example.org"], False),
        (None, ["localhost.example.org"], False),
        (None, ["localhost", "example.org"], False),
        ("localhost", ["example.org"], True),
        ("example.org", ["localhost"], False),
        ("user@localhost", [], False),
    ],
)
def test_only_localhost_or_nobody_is_named_and_a_target_goes_before_the_header(
    host: str | None, fields: list[str], expected: bool
) -> None:
    assert is_for_us(Target("/", "", host), fields) is expected
