"""Power cuts are chosen by chance, and the same ones again by the same seed."""

from surefoot.device.commands import OPS
from surefoot.lab.powercut.scenario import KINDS, MAX_DELAY_S, Cut, cuts


def test_the_same_seed_gives_the_same_cuts():
    assert cuts(50, 7) == cuts(50, 7)
    assert cuts(50, 7) != cuts(50, 8)


def test_more_cuts_of_a_seed_begin_with_the_fewer():
    """So a finding of a long run can be had again by a short one."""
    assert cuts(200, 3)[:10] == cuts(10, 3)
    assert [cut.number for cut in cuts(3, 3)] == [1, 2, 3]


def test_every_kind_comes_up_and_at_moments_all_over_an_update():
    found = cuts(200, 1)
    assert {cut.kind for cut in found} == set(KINDS)
    assert all(0 <= cut.delay_s <= MAX_DELAY_S for cut in found)
    early, late = (sum(cut.delay_s < limit for cut in found) for limit in (0.5, 2))
    assert 10 < early < late < 200


def test_each_kind_asks_for_what_a_user_can_ask_for():
    ops = {kind: Cut(1, kind, 0).op for kind in KINDS}
    assert {op for op in ops.values() if op} <= set(OPS)
    assert ops["idle"] is None
    assert (ops["commit"], ops["apply"]) == ("LOCAL_RUN_COMMIT", "LOCAL_APPLY")
    assert (ops["rollback"], ops["good"]) == ("ROLLBACK", "LOCAL_RUN")
