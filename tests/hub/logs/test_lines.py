"""From posted bodies to lines."""

import json

import pytest

from surefoot.hub.frame.problems import Malformed, TooLarge
from surefoot.hub.logs.lines import LONGEST_LABEL, LONGEST_MESSAGE, MOST_LINES, Line, lines
from tests.hub.logs.tellers import line


def of(value):
    return lines(json.dumps(value).encode())


def test_a_list_of_the_c_device_and_a_single_line_are_understood():
    wanted = Line("hello", 0, 0, "INFO", "/pantavisor.log", "pantavisor", "0")
    assert of([line("hello")] * 2) == [wanted] * 2
    assert of(line("hello")) == [wanted]
    assert lines(b" \n [ ]") == []


def test_times_of_the_simulator_are_kept():
    """recorded/mocker-logs."""
    (found,) = of([line("x", tsec=1795501648, tnano=342322081)])
    assert (found.tsec, found.tnano) == (1795501648, 342322081)


def test_what_is_missing_is_empty_and_what_is_unknown_is_let_pass():
    assert of({"msg": "x", "more": {"deep": [1]}}) == [Line("x")]


def test_a_revision_may_be_a_number():
    assert of(line("x", rev=7))[0].rev == "7"


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"{}", b"[{}]", b"[[]]", b'"x"', b"null", b"[null]", b'{"msg":1}', b"\xff",
     b'{"msg":"x","tsec":"1"}', b'{"msg":"x","tsec":1.5}', b'{"msg":"x","lvl":null}',
     b'{"msg":"x","tsec":9223372036854775808}', b'{"msg":"\\ud800"}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_line_is_refused(body):
    with pytest.raises(Malformed):
        lines(body)


def test_ten_thousand_lines_come_at_once_and_no_more():
    assert len(of([{"msg": "x"}] * MOST_LINES)) == 10_000
    with pytest.raises(TooLarge):
        of([{"msg": "x"}] * (MOST_LINES + 1))


def test_a_line_that_is_too_long_is_cut_and_not_refused():
    """A device drops for good what is refused (hub-wire 9)."""
    (found,) = of([line("é" * 10_000, plat="p" * 300, rev="7" * 300)])
    assert found.msg == "é" * LONGEST_MESSAGE
    assert (len(found.plat), len(found.rev)) == (LONGEST_LABEL, LONGEST_LABEL)


def test_a_nul_is_shown_as_what_cannot_be_shown():
    assert of([line("a\0b", src="\0")])[0].msg == "a\ufffdb"
