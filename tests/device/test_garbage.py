import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.device.garbage import Facts, Keep, Kind, Plan, PoolObject, Removal, Trail, plan

NOTHING = Keep(frozenset())


def trail(
    revision: str,
    names: str = "",
    *,
    at: int = 0,
    waiting: bool = False,
    linked: bool = True,
) -> Trail:
    """`names`: one letter an object."""
    links = dict.fromkeys(names, 1) if linked else {}
    return Trail(revision, at, 10, frozenset(names), links, waiting)


def facts(*trails: Trail, loose: str = "", at: int = 0) -> Facts:
    """All objects that the trails name, and `loose` ones, of 100 bytes each."""
    names = sorted({*loose, *(name for one in trails for name in one.names)})
    objects = (
        PoolObject(name, 100, 1 + sum(name in one.links for one in trails), at) for name in names
    )
    return Facts(trails, tuple(objects))


def gone(what: Plan) -> list[str]:
    return [removal.name for removal in what.removals]


def test_what_nothing_keeps_goes_with_its_objects() -> None:
    what = plan(facts(trail("1", "ab"), trail("2", "bc")), Keep(frozenset({"2"})))
    assert what.removals == (
        Removal(Kind.TRAIL, "1", 10),
        Removal(Kind.OBJECT, "a", 100),
    )
    assert what.size == 110


@pytest.mark.parametrize("room", [0, 1 << 40])
def test_what_the_boot_loader_or_an_update_names_never_goes(room: int) -> None:
    """peers 3: snapd#5145. R21: running, pv_rev, pv_try, in work, queued, staged."""
    known = facts(trail("0", "a"), trail("7", "b"), trail("locals/x", "c", waiting=True))
    assert not plan(known, Keep(frozenset({"0", "7", "locals/x"})), room).removals


@pytest.mark.parametrize(("factory", "left"), [(True, []), (False, ["0", "a"])])
def test_the_factory_revision_stays_when_it_shall(factory: bool, left: list[str]) -> None:
    """R21: PV_STORAGE_GC_KEEP_FACTORY."""
    assert gone(plan(facts(trail("0", "a")), Keep(frozenset(), factory))) == left


def test_logs_and_disks_go_with_their_trail_and_before_any_object() -> None:
    known = Facts(
        trails=(trail("1", "a"), trail("2")),
        objects=(PoolObject("a", 100, 2, 0),),
        logs={"1": 5, "2": 6, "3": 7, "4": 0},
        disks={"1": 8, "locals/x": 9},
    )
    what = plan(known, Keep(frozenset({"2", "4"})))
    assert [(removal.kind, removal.name, removal.size) for removal in what.removals] == [
        (Kind.TRAIL, "1", 10),
        (Kind.LOGS, "1", 5),
        (Kind.DISKS, "1", 8),
        (Kind.LOGS, "3", 7),
        (Kind.DISKS, "locals/x", 9),
        (Kind.OBJECT, "a", 100),
    ]


def test_local_steps_not_run_yet_go_only_for_room_and_oldest_first() -> None:
    """R21."""
    known = facts(
        trail("locals/new", "a", at=3, waiting=True, linked=False),
        trail("locals/old", "b", at=1, waiting=True, linked=False),
        trail("locals/mid", "c", at=2, waiting=True, linked=False),
    )
    assert gone(plan(known, NOTHING)) == []
    assert gone(plan(known, NOTHING, room=1)) == ["locals/old", "b"]
    assert gone(plan(known, NOTHING, room=111)) == ["locals/old", "locals/mid", "b", "c"]
    assert len(gone(plan(known, NOTHING, room=1 << 40))) == 6


def test_local_steps_stay_during_the_boot_that_stored_them() -> None:
    """R21."""
    known = facts(trail("locals/x", "a", waiting=True), trail("locals/ran", "b"))
    keep = Keep(frozenset(), stored_this_boot=frozenset({"locals/x", "locals/ran"}))
    assert gone(plan(known, keep, room=1 << 40)) == ["locals/ran", "b"]


def test_objects_that_no_step_names_go_only_for_room() -> None:
    """R21."""
    known = facts(trail("7", "a"), loose="xy")
    keep = Keep(frozenset({"7"}))
    assert gone(plan(known, keep)) == []
    assert gone(plan(known, keep, room=1)) == ["x"]
    assert gone(plan(known, keep, room=101)) == ["x", "y"]


def test_objects_that_no_step_names_are_kept_until_the_defer_time() -> None:
    """R21: not before PV_STORAGE_GC_THRESHOLD_DEFERTIME."""
    known = facts(loose="xy")
    assert gone(plan(known, Keep(frozenset(), objects=frozenset("x")), room=1000)) == ["y"]
    assert gone(plan(known, Keep(frozenset(), unnamed=True), room=1000)) == []


def test_an_object_that_just_came_stays_although_its_last_step_goes() -> None:
    known = facts(trail("1", "ab"))
    assert gone(plan(known, Keep(frozenset(), objects=frozenset("a")))) == ["1", "b"]


def test_steps_and_objects_go_for_room_in_one_order_of_age() -> None:
    known = Facts(
        trails=(trail("locals/x", "", at=2, waiting=True),),
        objects=(PoolObject("a", 100, 1, 1), PoolObject("b", 100, 1, 3)),
    )
    assert gone(plan(known, NOTHING, room=105)) == ["locals/x", "a"]


def test_what_goes_anyway_counts_for_the_room() -> None:
    known = facts(trail("1", "a"), trail("locals/x", "b", waiting=True))
    assert gone(plan(known, NOTHING, room=110)) == ["1", "a"]


def test_an_object_with_a_link_that_nobody_explains_stays() -> None:
    """A trail whose state cannot be read still has its files."""
    blind = Trail("7", 0, 10, frozenset(), {"a": 1}, waiting=False)
    known = facts(trail("1", "a"), blind)
    assert gone(plan(known, Keep(frozenset({"7"})))) == ["1"]
    elsewhere = Facts((trail("1", "a"),), (PoolObject("a", 100, 3, 0),))
    assert gone(plan(elsewhere, NOTHING)) == ["1"]


def test_an_object_that_is_named_but_not_linked_stays() -> None:
    """A step that is stored and not installed, or whose link waits to be healed (R12)."""
    known = facts(trail("1", "a"), trail("7", "a", linked=False))
    assert gone(plan(known, Keep(frozenset({"7"})))) == ["1"]


def test_objects_that_are_not_here_are_no_matter() -> None:
    known = Facts(trails=(trail("1", "a", linked=False),))
    assert gone(plan(known, NOTHING)) == ["1"]


NAMES = st.text("abcdef", max_size=4)
TRAILS = st.lists(
    st.tuples(
        st.sampled_from(["0", "1", "2", "locals/x", "locals/y", "locals/z"]),
        NAMES,
        st.integers(0, 3),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(
    TRAILS,
    NAMES,
    st.sets(st.sampled_from(["0", "1", "locals/x"])),
    st.sets(st.sampled_from("abc")),
    st.booleans(),
    st.integers(0, 600),
)
def test_every_prefix_of_a_plan_leaves_a_whole_storage(
    drawn: list[tuple[str, str, int, bool, bool]],
    loose: str,
    revisions: set[str],
    recent: set[str],
    unnamed: bool,
    room: int,
) -> None:
    trails = [
        trail(name, names, at=at, waiting=waiting and name.startswith("locals/"), linked=linked)
        for name, names, at, waiting, linked in drawn
    ]
    known = facts(*trails, loose=loose)
    keep = Keep(frozenset(revisions), objects=frozenset(recent), unnamed=unnamed)
    what = plan(known, keep, room)
    assert len(set(gone(what))) == len(what.removals)
    staying = {one.revision: one for one in trails}
    for removal in what.removals:
        if removal.kind is Kind.OBJECT:
            assert not [one for one in staying.values() if removal.name in one.names]
            assert removal.name not in recent
        else:
            assert staying.pop(removal.name).revision not in revisions
    if room == 0:
        assert not any(staying.get(one.revision) is None for one in trails if one.waiting)
    always = plan(known, keep)
    assert set(gone(always)) <= set(gone(what))
    assert what.size >= min(room, plan(known, keep, 1 << 40).size)
