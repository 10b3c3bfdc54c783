"""Whether a sender is quick enough."""

import pytest

from surefoot.hub.objects.pace import LEAST_PER_S, WINDOW_S, Pace


def last_of(sizes, every_s):
    """At which of the pieces it was too slow, None for never."""
    pace = Pace(1000.0)
    for number, size in enumerate(sizes, 1):
        if not pace.is_enough(size, 1000.0 + number * every_s):
            return number
    return None


@pytest.mark.parametrize("every_s", [0.5, 1, 30, 299, 301])
def test_the_least_rate_is_enough_for_ever(every_s):
    assert last_of([LEAST_PER_S * every_s] * 2000, every_s) is None


def test_a_byte_now_and_then_is_not():
    assert last_of([1] * 1000, 10) == WINDOW_S / 10


def test_a_quick_beginning_does_not_excuse_the_rest():
    assert last_of([100 * 1024**2, *[1] * 1000], 10) == 2 * WINDOW_S / 10


def test_a_pause_within_a_window_is_waited_for():
    assert last_of([*[1] * 29, LEAST_PER_S * WINDOW_S] * 3, 10) is None


def test_a_short_upload_is_never_judged():
    assert last_of([1] * 29, 10) is None


def test_a_line_of_15_kbit_is_served():
    """R15."""
    assert last_of([15_000 // 8] * 3600, 1) is None
