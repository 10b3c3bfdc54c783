import pytest

from surefoot.boot.choose import Choice, Settled, choose, settle
from surefoot.boot.protocol import BootVars

MAIN, COPY, LOST = BootVars("5", "6"), BootVars("4"), BootVars("9")


@pytest.mark.parametrize(
    ("boot_vars", "choice"),
    [
        (BootVars("3"), Choice("3", None)),
        (BootVars("3", None, "4"), Choice("3", None)),
        (BootVars("3", "4"), Choice("4", "4")),
        (BootVars("3", "4", "2"), Choice("4", "4")),
        (BootVars("3", "4", "4"), Choice("3", "4")),
    ],
)
def test_an_armed_revision_is_tried_once(boot_vars: BootVars, choice: Choice) -> None:
    """device.md 4: `pv_try` boots unless `pv_trying` names it already."""
    assert choose(boot_vars) == choice


def test_a_normal_boot_leaves_nothing_to_count() -> None:
    """peers 3: rauc#490, a try is spent only while something is armed."""
    choice = choose(BootVars("3"))
    assert choose(BootVars(choice.rev, None, choice.trying)) == choice


def test_a_try_without_a_state_is_spent_and_not_booted() -> None:
    assert choose(BootVars("3", "4"), try_exists=False) == Choice("3", "4")


@pytest.mark.parametrize(
    ("main", "copy", "newest_done", "settled"),
    [
        (MAIN, COPY, "2", Settled(MAIN, "")),
        (None, COPY, "2", Settled(COPY, "its copy")),
        (LOST, COPY, "2", Settled(COPY, "its copy")),
        (None, LOST, "2", Settled(BootVars("2"), "the newest DONE revision")),
        (LOST, None, "2", Settled(BootVars("2"), "the newest DONE revision")),
        (None, None, None, Settled(BootVars("0"), "the factory revision")),
    ],
)
def test_the_first_source_that_names_a_trail_wins(
    main: BootVars | None, copy: BootVars | None, newest_done: str | None, settled: Settled
) -> None:
    """R8; peers 3: snapd#5145, a pointer to a removed revision is no pointer."""
    trails = {"0", "2", "4", "5", "6"}
    assert settle(main, copy, lambda: newest_done, trails.__contains__) == settled
