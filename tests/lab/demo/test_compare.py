"""Each comparison says nothing of what is as the script says, and something of all else."""

import dataclasses

import pytest

from surefoot.client.desk.steps import View
from surefoot.client.wait import Entry
from surefoot.lab.demo import compare
from surefoot.lab.demo.rows import DONE, INSTALLED, NO_GOAL, STARTING, UPDATED, Row, started
from surefoot.lab.demo.story import FIRST, SCENES, Step

GOOD = Step("7", "good", FIRST, (*started(1), INSTALLED, STARTING, UPDATED))
BAD = Step("7", "bad", FIRST, (*started(1), STARTING, NO_GOAL), log="platform 'app'")
CANCELLED = Step("7", "cancelled", FIRST, (), starts=0)


def entries(*rows: Row, revision: str = "7") -> list[Entry]:
    return [Entry(revision, status.value, message, "", "", 1) for status, message in rows]


def test_a_record_is_compared_whole_and_in_order() -> None:
    seen = [*entries(STARTING, UPDATED), *entries(DONE, revision="8")]
    assert not list(compare.record("7", (STARTING, UPDATED), seen))
    for script in ((STARTING,), (UPDATED, STARTING), (STARTING, DONE), (STARTING, UPDATED, DONE)):
        assert list(compare.record("7", script, seen))


def test_revisions_end_in_the_order_of_their_posts_and_cancelled_ones_never() -> None:
    """R16."""
    queue = next(scene for scene in SCENES if len(scene.steps) == 4)
    ends = [*entries(UPDATED, revision="6"), *entries(UPDATED, revision="8")]
    last = entries(UPDATED, revision="9")
    assert not list(compare.order(queue, [*ends, *last]))
    assert list(compare.order(queue, [*last, *ends]))
    assert list(compare.order(queue, [*ends, *entries(UPDATED, revision="7"), *last]))


TOLD = ["posted revision 7", "  0.00 s  NEW", "    11 s  INPROGRESS  Update installed"]
END = f"1 min 2 s  UPDATED     {UPDATED[1]}"


@pytest.mark.parametrize(
    ("lines", "is_good"),
    [
        ([*TOLD, END], True),
        ([END], True),
        (TOLD, False),
        ([], False),
        ([END, *TOLD], False),
        ([*TOLD, "   1.0 s  ERROR       Status goal not reached", END], False),
    ],
)
def test_a_post_may_miss_rows_but_not_the_last_and_tells_no_others(
    lines: list[str], is_good: bool
) -> None:
    assert bool(list(compare.told_by_post(GOOD, lines))) is not is_good


VIEW = View("ERROR", "Status goal not reached", 1, ("no", "why: platform 'app' is slow"))


def test_the_hub_must_hold_the_last_row_the_starts_and_the_log() -> None:
    assert not list(compare.at_hub(BAD, VIEW))
    assert not list(compare.at_hub(CANCELLED, View("CANCELLED", "")))
    for change in ({"status": "DONE"}, {"message": ""}, {"retries": 2}, {"causes": ()}):
        assert list(compare.at_hub(BAD, dataclasses.replace(VIEW, **change))), change


def test_a_container_that_was_to_be_left_alone_keeps_its_init() -> None:
    assert not list(compare.pids(("base",), {"base": 7, "app": 9}, {"base": 7, "app": 8}))
    assert list(compare.pids(("base",), {"base": 6}, {"base": 7})) == [
        "init of base was 6 and is 7"
    ]


@pytest.mark.parametrize(
    ("passed", "is_good"), [(99, False), (100, True), (110, True), (111, False)]
)
def test_bytes_that_came_are_not_brought_again(passed: int, is_good: bool) -> None:
    assert bool(list(compare.moved(100, passed))) is not is_good


def test_a_command_must_end_as_it_should() -> None:
    assert not list(compare.exit_code("surefoot post", 4, 4))
    assert list(compare.exit_code("surefoot post", 1, 4)) == ["`surefoot post` ended with 1, not 4"]
