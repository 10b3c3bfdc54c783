import pytest

from surefoot.boot.pauses import Pauses, base_delay_s

PAUSES = Pauses()


def test_an_agent_that_keeps_failing_at_once_is_waited_for_longer_and_longer() -> None:
    assert _row(PAUSES, [0.1] * 9) == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_the_pauses_start_anew_once_it_ran_a_while() -> None:
    assert _row(PAUSES, [0.1, 0.1, 0.1, 600.0, 0.1, 0.1]) == [0, 1, 2, 0, 0, 1]


def test_planned_reboots_wait_only_for_the_base_delay() -> None:
    assert _row(Pauses(base_s=0.5), [30.0, 2.0, 2.0, 2.0], planned=True) == [0.5] * 4


def test_even_planned_reboots_do_not_spin() -> None:
    """R5: a factory revision that cannot start reboots and tries again, with growing pauses."""
    assert _row(PAUSES, [0.1] * 8, planned=True) == [0, 0, 0, 0, 0, 1, 2, 4]


@pytest.mark.parametrize("ran_s", [11.0, 130.0, 599.0])
def test_a_factory_revision_that_fails_late_is_paused_too(ran_s: float) -> None:
    """R5: its container ends after the first seconds, or the trial of its goals runs out."""
    row = _row(PAUSES, [ran_s] * 13, planned=True)
    assert row == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_a_planned_reboot_now_and_then_is_not_delayed() -> None:
    days = [600.0, 30.0, 2.0, 40.0, 20.0, 3600.0, 5.0] * 20
    assert set(_row(PAUSES, days, planned=True)) == {0}


def test_the_base_delay_is_added() -> None:
    assert _row(Pauses(base_s=3), [0.1] * 3) == [3, 4, 5]


def test_a_row_of_weeks_is_still_a_pause() -> None:
    assert PAUSES.pause_s(10**6, planned=False) == PAUSES.longest_s


@pytest.mark.parametrize(
    ("setting", "seconds"),
    [(None, 0), ("", 0), ("0", 0), ("2.5", 2.5), ("-1", None), ("soon", None), ("inf", None)],
)
def test_the_setting_is_seconds_or_nothing(setting: str | None, seconds: float | None) -> None:
    """config.md: SUREFOOT_LOOP_DELAY."""
    assert base_delay_s(setting) == seconds


def _row(pauses: Pauses, lives_s: list[float], planned: bool = False) -> list[float]:
    row, reboots = [], 0
    for ran_s in lives_s:
        reboots = pauses.row(reboots, ran_s)
        row.append(pauses.pause_s(reboots, planned))
    return row
