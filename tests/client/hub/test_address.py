"""What may be asked, and where an answer may send us."""

import pytest

from surefoot.client.hub.address import check, may_follow, origin, sent_on
from surefoot.client.hub.transfer import Asked
from surefoot.errors import InvalidInput


@pytest.mark.parametrize(
    "url",
    [
        "http://a/",
        "https://a:1/b?c=%20$d#e",
        "http://[::1]:8/x",
        "https://127.0.0.1",
        "http://a/../b",
    ],
)
def test_addresses_of_the_web_may_be_asked(url: str) -> None:
    check(url, {"X": "y"})


@pytest.mark.parametrize(
    "url",
    ["", "a", "/a", "ftp://a/", "file:///etc/passwd", "http://", "http:///a", "http://a b/",
     "http://a/\r\nX: y", "http://ä/", "http://a/ä", "http://[::1", "http://a:b/",
     "http://a:99999/", "http://a:0/", "javascript:1", "http://a/\x00", "HTTPS://a/"],
)  # fmt: skip
def test_anything_else_may_not(url: str) -> None:
    with pytest.raises(InvalidInput, match="no address"):
        check(url, {})


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\n", "ä", "\x00", "\x7f"])
def test_a_field_that_could_begin_another_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match="sent as X"):
        check("http://a/", {"X": value})


@pytest.mark.parametrize(
    ("url", "target", "may"),
    [
        ("http://a/", "http://b/", True),
        ("http://a/", "https://b/", True),
        ("https://a/", "https://b/", True),
        ("https://a/", "http://a/", False),
        ("http://a/", "ftp://b/", False),
        ("http://a/", "file:///b", False),
        ("http://a/", "", False),
        ("http://a/", "http://[::1", False),
        ("http://a/", "http://ex\u2100mple/", False),
        ("http://a/", "http://b:99999/", False),
    ],
)
def test_from_tls_nothing_leads_to_less(url: str, target: str, may: bool) -> None:
    assert may_follow(url, target) is may


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("https://a/y", True),
        ("https://a:444/y", False),
        ("https://b/y", False),
        ("http://a/", False),
    ],
)
def test_the_token_stays_with_its_host(target: str, kept: bool) -> None:
    asked = Asked("GET", "https://a/x", {"Authorization": "Bearer T", "Range": "bytes=1-"})
    found = sent_on(asked, target)
    assert (found.url, "Authorization" in found.headers) == (target, kept)
    assert found.headers["Range"] == "bytes=1-"


def test_an_origin_is_what_is_before_the_path() -> None:
    assert origin("https://a:1/b?c") == "https://a:1"
