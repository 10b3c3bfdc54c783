from datetime import UTC, datetime

import pytest

from surefoot.client.desk.text import moment, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größer, 日本", "plain, größer, 日本"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1bcreset", "reset"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("back\x08space \x9b31m", "back\ufffdspace \ufffd31m"),
        ("a\u202eb", "a\ufffdb"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_nothing_of_a_text_reaches_the_terminal_but_letters(text: object, shown: str) -> None:
    assert printable(text) == shown


def test_half_a_sequence_does_no_harm() -> None:
    assert "\x1b" not in printable("\x1b[") + printable("\x1b")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-24T06:00:00Z", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T06:00:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T08:00:00+02:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T06:00:00.123456789Z", datetime(2026, 11, 24, 6, 0, 0, 123456, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_of_any_hub_are_read(text: str | None, found: datetime | None) -> None:
    assert moment(text) == found
