"""The way to a revision and back, as the update machine wants to know it."""

from surefoot.device.ways import plan, reasons_of
from surefoot.revision import decide
from surefoot.update.record import Plan
from tests.device.composed import BASE, FACTORY, NEW_APP, NEW_BASE
from tests.revision.states import app, state


def test_a_changed_container_with_policy_container_needs_no_reboot_either_way():
    """seed "Non-reboot transition"."""
    found = plan(FACTORY, NEW_APP, FACTORY)
    assert (found.reboot, found.back_reboot) == (False, False)
    assert "app/root.squashfs" in found.reasons[0]


def test_a_change_of_a_system_container_needs_a_reboot_both_ways():
    """seed "Reboot transition"."""
    found = plan(FACTORY, NEW_BASE, FACTORY)
    assert (found.reboot, found.back_reboot) == (True, True)


def test_the_way_back_leads_to_the_rollback_point_and_not_to_what_ran():
    """R5: on top of an UPDATED revision the two differ."""
    other = state(app("base", "2", group="root"), app("app", "3", group="app"))
    found = plan(NEW_BASE, other, FACTORY)
    assert (found.reboot, found.back_reboot) == (False, True)


def test_what_forces_the_reboot_is_what_is_told():
    both = state(app("base", "2", group="root"), app("app", "2", group="app"))
    reasons = plan(FACTORY, both, FACTORY).reasons
    assert reasons
    assert all("base" in reason for reason in reasons)


def test_without_a_reboot_all_reasons_are_told():
    way = decide(FACTORY, NEW_APP)
    assert len(reasons_of(way)) == len(way.reasons)


def test_what_cannot_be_read_needs_a_reboot():
    """R12: with an unreadable state only the socket is served; a run from there must still go."""
    assert plan(None, NEW_APP, FACTORY).reboot
    found = plan(FACTORY, NEW_APP, None)
    assert (found.reboot, found.back_reboot) == (False, True)
    assert "cannot be read" in found.back_reasons[0]


def test_nothing_changed_is_no_reason():
    assert plan(FACTORY, FACTORY, FACTORY) == Plan(False, False)


def test_the_longest_stable_timeout_of_the_new_revision_is_known():
    """TESTING may last that much longer."""
    rules = [{"policy": "always", "stable_timeout": seconds} for seconds in (5, 90)]
    new = state(
        BASE,
        app("app", "2", group="app", auto_recovery=rules[0]),
        app("web", "1", group="app", auto_recovery=rules[1]),
    )
    assert plan(FACTORY, new, FACTORY).stable_s == 90
    assert plan(new, FACTORY, FACTORY).stable_s == 0
