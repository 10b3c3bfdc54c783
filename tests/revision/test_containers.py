import json

import pytest

from surefoot.revision import (
    AutoRecovery,
    Goal,
    Persistence,
    RecoveryPolicy,
    RestartPolicy,
    StateError,
    Storage,
    read_json,
)
from tests.revision.states import DATA, app, document, groups, run_json, sha, state


def fault(*parts):
    with pytest.raises(StateError) as caught:
        state(*parts)
    return caught.value


def names(one):
    return [container.name for container in one.containers]


def placed(one):
    return {container.name: container.group for container in one.containers}


# --- containers as the real pvr makes them ------------------------------------------------------


def pvr_demo():
    run = read_json((DATA / "pvr-app-run.json").read_text())
    source = json.loads((DATA / "pvr-app-src.json").read_text())
    files = {"demo/lxc.container.conf": sha("conf"), "demo/root.squashfs": sha("root")}
    return state({"demo/run.json": run, "demo/src.json": source}, files)


def test_a_container_made_by_the_real_pvr_is_accepted_as_it_is():
    demo = pvr_demo().container("demo")
    assert demo is not None
    assert (demo.group, demo.goal, demo.restart_policy) == ("app", "READY", "container")
    assert demo.roles == {"mgmt"}
    assert (demo.config, demo.root_volume, demo.volumes) == (
        "lxc.container.conf",
        "root.squashfs",
        (),
    )
    assert demo.storage == (
        Storage("docker--data", Persistence.PERMANENT),
        Storage("docker--var-lib-x", Persistence.PERMANENT),
        Storage("lxc-overlay", Persistence.REVISION),
    )


def test_a_container_that_pvr_made_only_to_be_mounted_needs_no_config_and_no_type():
    run = read_json((DATA / "pvr-app-store-run.json").read_text())
    store = state({"store/run.json": run, "store/root.squashfs": sha()}).container("store")
    assert store is not None
    assert store.goal is Goal.MOUNTED
    assert (store.config, store.root_volume) == (None, "root.squashfs")


def test_the_state_of_a_real_device_is_accepted():
    one = state(json.loads((DATA / "device-steps-current.json").read_text()))
    assert placed(one) == {"base": "root", "app": "app"}


def test_an_older_name_of_the_group_is_understood():
    assert placed(state(app("a", runlevel="data"), app("b", group="root"))) == {
        "a": "data",
        "b": "root",
    }
    assert placed(state(app("a", runlevel="data", group="app")))["a"] == "app"


def test_the_mark_of_dm_verity_is_not_part_of_a_file_name():
    files = {"a/x.squashfs": sha()}
    one = state(app("a", root__volume="dm:root.squashfs", volumes=["dm:x.squashfs"]), files)
    assert one.containers[0].root_volume == "root.squashfs"
    assert one.containers[0].volumes == ("x.squashfs",)


def test_members_that_are_not_read_may_hold_anything():
    state(app("a", drivers=3, conditions="x", exports=[], logs=None, network={"pool": "x"}))


# --- roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (None, set()),
        ([], set()),
        ("[]", set()),
        (["mgmt", "nobody"], {"mgmt", "nobody"}),
        ('["mgmt"]', {"mgmt"}),
        ("null", set()),
    ],
)
def test_roles_are_a_list_or_a_text_that_holds_one(roles, expected):
    assert state(app("a", roles=roles)).containers[0].roles == expected


def test_a_container_without_roles_has_none():
    """R26."""
    assert state(app("a")).containers[0].roles == frozenset()


@pytest.mark.parametrize("roles", ["mgmt", "", "{}", '"mgmt"', 1, {}, [1], ["a/b"], '["mgmt"'])
def test_roles_that_cannot_be_understood_are_refused_not_guessed(roles):
    assert fault(app("a", roles=roles)).key.startswith("a/run.json: roles")


# --- groups -------------------------------------------------------------------------------------


def test_the_first_container_without_group_goes_to_root_and_the_rest_to_platform():
    one = state(app("c"), app("a"), app("b"))
    assert placed(one) == {"a": "root", "b": "platform", "c": "platform"}


def test_nothing_is_moved_to_root_when_something_is_there():
    one = state(app("a"), app("z", group="root"))
    assert placed(one) == {"a": "platform", "z": "root"}


def test_only_containers_without_group_are_moved_to_root():
    assert placed(state(app("a", group="app"), app("b"))) == {"a": "app", "b": "root"}


def test_with_groups_of_its_own_each_container_must_name_one():
    error = fault(app("a", group="x"), app("b"), groups("x", "y"))
    assert error.key == "b/run.json: group"
    assert error.expected == '"x" or "y"'
    assert error.found == "nothing"


@pytest.mark.parametrize("member", ["group", "runlevel"])
def test_an_unknown_group_is_refused(member):
    error = fault(app("a", **{member: "nope"}))
    assert error.key == f"a/run.json: {member}"
    assert error.expected == '"data", "root", "platform" or "app"'


def test_containers_start_by_group_and_then_by_name():
    one = state(
        app("a", group="late"),
        app("z", group="early"),
        app("b", group="early"),
        groups("early", "late"),
    )
    assert names(one) == ["b", "z", "a"]


def test_goal_and_policy_come_from_the_group_unless_the_container_has_its_own():
    given = groups("g", status_goal="READY", restart_policy="system")
    lent, own = state(
        app("a", group="g"),
        app("b", group="g", status_goal="STARTED", restart_policy="container"),
        given,
    ).containers
    assert (lent.goal, lent.restart_policy) == (Goal.READY, RestartPolicy.SYSTEM)
    assert (own.goal, own.restart_policy) == (Goal.STARTED, RestartPolicy.CONTAINER)


def test_recovery_is_inherited_whole_or_not_at_all():
    given = groups("g", auto_recovery={"policy": "always", "max_retries": 7})
    lent, own = state(
        app("a", group="g"), app("b", group="g", auto_recovery={"policy": "no"}), given
    ).containers
    assert lent.auto_recovery == AutoRecovery(RecoveryPolicy.ALWAYS, max_retries=7)
    assert own.auto_recovery == AutoRecovery(RecoveryPolicy.NO)


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "key", "expected"),
    [
        ({"#spec": "service-manifest-run@9"}, "#spec", '"service-manifest-run@1"'),
        ({"#spec": None}, "#spec", '"service-manifest-run@1"'),
        ({"name": "b"}, "name", '"a"'),
        ({"name": None}, "name", '"a"'),
        ({"type": "docker"}, "type", '"lxc"'),
        ({"type": None}, "type", "a value, because the container's goal is STARTED"),
        ({"config": None}, "config", "a value, because the container's goal is STARTED"),
        ({"root-volume": None}, "root-volume", "a value, because the container's goal is STARTED"),
        ({"config": "../x"}, "config", "the name of a file"),
        ({"config": "/etc/passwd"}, "config", "the name of a file"),
        ({"config": 1}, "config", "a text"),
        ({"config": "nope"}, "config", "a file of the container"),
        ({"root-volume": "nope"}, "root-volume", "a file of the container"),
        ({"volumes": ["nope"]}, "volumes[0]", "a file of the container"),
        ({"volumes": "root.squashfs"}, "volumes", "a list"),
        ({"status_goal": "RUNNING"}, "status_goal", '"MOUNTED", "STARTED" or "READY"'),
        ({"restart_policy": 1}, "restart_policy", '"system" or "container"'),
        ({"storage": []}, "storage", "a JSON object"),
        ({"storage": {"x": "boot"}}, "storage.x", "a JSON object"),
        ({"storage": {"x": {}}}, "storage.x.persistence", '"permanent", "revision" or "boot"'),
        ({"storage": {"..": {"persistence": "boot"}}}, "storage...", "the name of a file"),
        ({"storage": {"a/b": {"persistence": "boot"}}}, "storage.a/b", "a name without slashes"),
        ({"storage": {"x": {"persistence": "boot", "disk": ""}}}, "storage.x.disk", "a name"),
        ({"auto_recovery": []}, "auto_recovery", "a JSON object"),
    ],
)
def test_a_bad_member_is_named_with_what_was_expected(members, key, expected):
    error = fault(app("a"), {"a/run.json": run_json("a") | members})
    assert (error.key, error.expected) == (f"a/run.json: {key}", expected)


@pytest.mark.parametrize("manifest", [sha(), [], "x", 1, None])
def test_a_run_json_is_inline_json(manifest):
    error = fault({"a/run.json": manifest})
    assert (error.key, error.expected) == ("a/run.json", "a JSON object")


def test_a_directory_without_run_json_is_no_container():
    assert names(state({"a/root.squashfs": sha(), "_config/b/x": sha()})) == []


# --- fingerprints -------------------------------------------------------------------------------


def fingerprint(*parts):
    return state(*parts).containers[0].fingerprint


def test_equal_containers_have_equal_fingerprints_whatever_stands_around_them():
    other = {"device.json": {"groups": []}, "README": sha(), "_sigs/b.json": {}}
    assert fingerprint(app("a")) == fingerprint(other, app("a"))


@pytest.mark.parametrize(
    "part",
    [
        {"a/root.squashfs": sha("other")},
        {"a/extra": sha()},
        {"a/src.json": {"args": {}}},
        {"_config/a/etc/x": sha()},
        {"_sigs/a.json": {"#spec": "pvs@2"}},
        {"a/run.json": run_json("a") | {"roles": ["mgmt"]}},
    ],
)
def test_any_file_of_a_container_is_in_its_fingerprint(part):
    assert fingerprint(app("a")) != fingerprint(app("a"), part)


@pytest.mark.parametrize(
    "members",
    [
        {"status_goal": "READY"},
        {"restart_policy": "system"},
        {"auto_recovery": {"policy": "always"}},
    ],
)
def test_what_a_group_lends_is_in_the_fingerprint(members):
    one = app("a", group="g")
    assert fingerprint(one, groups("g")) != fingerprint(one, groups("g", **members))


def test_an_object_and_inline_json_with_the_same_text_are_different_files():
    digits = "1" * 64
    inline = app("a") | {"a/x.json": int(digits)}
    assert fingerprint(app("a") | {"a/x.json": digits}) != fingerprint(inline)


def test_a_document_of_many_containers_is_read():
    parts = [app(f"c{number:03}") for number in range(300)]
    assert len(state(*parts).containers) == 300
    assert len(document(*parts)) == 904
