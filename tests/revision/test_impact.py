import json

import pytest
from hypothesis import given

from surefoot.revision import ChangeKind, RestartPolicy, Transition, decide, parse
from surefoot.revision.names import owner
from tests.revision.states import app, documents, groups, run_json, sha, state

BASE = app("base", group="root")  # policy system by its group
APP = app("app", group="app")  # policy container by its group
BASE_IS_SYSTEM = "container base has restart policy system and needs a reboot"


def transition(old, new):
    return decide(state(BASE, *old), state(BASE, *new))


def whys(found):
    return [reason.why for reason in found.reasons]


# --- without reboot: seed "Non-reboot transition" -----------------------------------------------


def test_nothing_changed_means_nothing_happens():
    assert transition([APP], [APP]) == Transition(False, (), (), (), ("base", "app"))


def test_a_changed_container_restarts_and_the_others_stay():
    found = transition([APP, app("web", group="app")], [APP, app("web", "2", group="app")])
    assert not found.reboot
    assert (found.stop, found.start, found.stay) == (("web",), ("web",), ("base", "app"))
    assert whys(found) == ["web/root.squashfs changed: container web restarts without a reboot"]


def test_a_new_container_only_starts():
    """peers 3: aktualizr-lite#383: the state JSON is the only list of what shall run."""
    found = transition([], [APP])
    assert (found.reboot, found.stop, found.start, found.stay) == (False, (), ("app",), ("base",))
    assert "app/run.json added: container app starts without a reboot" in whys(found)


def test_a_container_that_is_gone_only_stops():
    found = transition([APP], [])
    assert (found.reboot, found.stop, found.start, found.stay) == (False, ("app",), (), ("base",))
    assert "app/run.json removed: container app stops without a reboot" in whys(found)


@pytest.mark.parametrize(
    "part",
    [
        {"_config/app/etc/x": sha()},
        {"_sigs/app.json": {"#spec": "pvs@2"}},
        {"app/src.json": {"args": {}}},
        {"app/sub/dir/file": sha()},
    ],
)
def test_every_file_of_a_container_restarts_just_that_container(part):
    """device.md 3."""
    found = transition([APP], [APP, part])
    assert not found.reboot
    assert (found.stop, found.start, found.stay) == (("app",), ("app",), ("base",))
    assert [reason.container for reason in found.reasons] == ["app"]


def test_containers_stop_in_the_reverse_of_the_order_in_which_they_start():
    old = [app("a", group="app"), app("b", group="app")]
    new = [app("a", "2", group="app"), app("b", "2", group="app")]
    found = transition(old, new)
    assert (found.stop, found.start) == (("b", "a"), ("a", "b"))


def test_white_space_and_the_form_of_numbers_change_nothing():
    part = [app("app", group="app", auto_recovery={"max_retries": 3, "backoff_factor": 2})]
    old = state(BASE, *part)
    new = parse(json.dumps(json.loads(old.text), indent=4).replace(": 3", ": 3.0"))
    assert decide(old, new) == Transition(False, (), (), (), ("base", "app"))


def test_a_container_that_moves_to_another_default_group_with_equal_terms_stays():
    """A new first container takes `root`; the one that was there keeps its process."""
    quiet = {"restart_policy": "container"}
    found = decide(state(app("b", **quiet)), state(app("a", **quiet), app("b", **quiet)))
    assert (found.reboot, found.start, found.stay) == (False, ("a",), ("b",))


# --- with reboot: seed "Reboot transition" ------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"README": sha()}, "README added: files in the root need a reboot"),
        ({"device.json": {}}, "device.json added: files in the root need a reboot"),
        ({"groups.json": []}, "groups.json added: files in the root need a reboot"),
        ({"bsp/kernel.img": sha("2")}, "bsp/kernel.img changed: BSP files need a reboot"),
        ({"bsp/addon.cpio": sha()}, "bsp/addon.cpio added: BSP files need a reboot"),
        ({"_sigs/bsp.json": {}}, "_sigs/bsp.json added: BSP files need a reboot"),
        ({"bsp/kernel.img": ...}, "bsp/kernel.img removed: BSP files need a reboot"),
        ({"_config/ghost/x": sha()}, "_config/ghost/x added: files of no container need a reboot"),
        ({"_sigs/ghost.json": {}}, "_sigs/ghost.json added: files of no container need a reboot"),
        ({"ghost/x": sha()}, "ghost/x added: files of no container need a reboot"),
        ({"_hostconfig/x": sha()}, "_hostconfig/x added: files of no container need a reboot"),
        (
            {"base/root.squashfs": sha("2")},
            f"base/root.squashfs changed: {BASE_IS_SYSTEM}",
        ),
        (
            {"_config/base/x": sha()},
            f"_config/base/x added: {BASE_IS_SYSTEM}",
        ),
    ],
)
def test_changes_that_need_a_reboot_say_so(part, why):
    found = transition([APP], [APP, part])
    assert found.reboot
    assert whys(found) == [why]
    assert (found.stop, found.start, found.stay) == (("app", "base"), ("base", "app"), ())


def test_one_reason_to_reboot_is_enough_and_the_others_are_still_told():
    found = transition([APP], [app("app", "2", group="app"), {"README": sha()}])
    assert found.reboot
    assert [reason.reboot for reason in found.reasons] == [True, False]


@pytest.mark.parametrize("policies", [("system", "container"), ("container", "system")])
def test_the_policy_system_counts_in_either_revision(policies):
    old, new = (app("app", group="app", restart_policy=policy) for policy in policies)
    assert transition([old], [new]).reboot


@pytest.mark.parametrize(("old", "new"), [([], [1]), ([1], [])])
def test_a_container_with_policy_system_that_comes_or_goes_needs_a_reboot(old, new):
    part = app("x", group="platform")
    assert transition([part] * len(old), [part] * len(new)).reboot


@pytest.mark.parametrize(
    "members",
    [
        {"status_goal": "READY"},
        {"restart_policy": "system"},
        {"auto_recovery": {"policy": "always"}},
        {"timeout": 5},
    ],
)
def test_a_change_of_what_a_group_lends_is_a_change_in_the_root(members):
    one = app("app", group="g")
    found = decide(state(one, groups("g")), state(one, groups("g", **members)))
    assert found.reboot
    assert [reason.path for reason in found.reasons] == ["device.json"]


def test_files_left_behind_by_a_container_that_is_gone_need_no_reboot_unless_they_change():
    left = {"app/run.json": ...}
    assert not transition([APP], [APP, left]).reboot
    found = transition([APP], [app("app", "2"), left])
    assert found.reboot
    assert "app/root.squashfs changed: files of no container need a reboot" in whys(found)


def test_a_container_made_of_files_that_were_nobodys_starts_without_reboot():
    loose = {path: content for path, content in APP.items() if path != "app/run.json"}
    found = transition([loose], [APP])
    assert (found.reboot, found.start, found.stay) == (False, ("app",), ("base",))


def test_a_reason_names_path_kind_and_container():
    reason = transition([APP], [app("app", "2", group="app")]).reasons[0]
    assert (reason.path, reason.kind, reason.container, reason.reboot) == (
        "app/root.squashfs",
        ChangeKind.MODIFIED,
        "app",
        False,
    )


# --- properties ---------------------------------------------------------------------------------


def decided(before, after):
    old, new = parse(json.dumps(before)), parse(json.dumps(after))
    return old, new, decide(old, new)


@given(documents(), documents())
def test_a_reboot_is_needed_exactly_when_a_changed_path_needs_one(before, after):
    """The rule of the seed page, written the long way round."""
    old, new, found = decided(before, after)
    needs = False
    for reason in found.reasons:
        for one, files in ((old, before), (new, after)):
            if reason.path in files:
                container = one.container(owner(reason.path) or "")
                needs |= container is None or container.restart_policy is RestartPolicy.SYSTEM
        needs |= any(
            container.restart_policy is RestartPolicy.SYSTEM
            for one in (old, new)
            if (container := one.container(owner(reason.path) or ""))
        )
    assert found.reboot is needs


@given(documents(), documents())
def test_each_container_stops_starts_or_stays(before, after):
    old, new, found = decided(before, after)
    was = {container.name for container in old.containers}
    will_be = {container.name for container in new.containers}
    assert set(found.stop) | set(found.stay) == was
    assert set(found.start) | set(found.stay) == will_be
    assert not set(found.stay) & (set(found.stop) | set(found.start))


@given(documents(), documents())
def test_without_reboot_a_container_is_touched_exactly_when_one_of_its_files_changed(before, after):
    _, _, found = decided(before, after)
    changed = {reason.container for reason in found.reasons if reason.container}
    if not found.reboot:
        assert set(found.stop) | set(found.start) == changed


@given(documents(), documents())
def test_the_way_back_needs_a_reboot_exactly_when_the_way_there_did(before, after):
    old, new, found = decided(before, after)
    back = decide(new, old)
    assert back.reboot == found.reboot
    assert set(back.start) == set(found.stop)
    assert set(back.stop) == set(found.start)


@given(documents())
def test_a_state_compared_with_itself_leaves_all_alone(whole):
    old, _, found = decided(whole, whole)
    assert found.reasons == ()
    assert found.stay == tuple(container.name for container in old.containers)


def test_the_manifest_of_a_container_is_one_of_its_files():
    changed = run_json("app", group="app", roles=["mgmt"])
    found = transition([APP], [APP, {"app/run.json": changed}])
    assert (found.reboot, found.stop, found.start) == (False, ("app",), ("app",))
