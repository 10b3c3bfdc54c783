from decimal import Decimal

import pytest

from surefoot.revision import (
    DEFAULT_GROUPS,
    AutoRecovery,
    Goal,
    Group,
    RecoveryPolicy,
    RestartPolicy,
    StateError,
)
from surefoot.revision.groups import read_groups
from tests.revision.states import sha


def device(*groups):
    return {"device.json": {"groups": list(groups), "disks": [], "volumes": {}}}


def fault(document):
    with pytest.raises(StateError) as caught:
        read_groups(document)
    return caught.value


def test_the_default_groups_are_those_of_the_documentation():
    """device.md 5."""
    shown = [(g.name, g.goal, g.restart_policy, g.timeout_s) for g in DEFAULT_GROUPS]
    assert shown == [
        ("data", "MOUNTED", "system", 30),
        ("root", "STARTED", "system", 30),
        ("platform", "STARTED", "system", 30),
        ("app", "STARTED", "container", 30),
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"device.json": {}},
        {"device.json": {"groups": []}},
        {"device.json": {"groups": None}},
        {"groups.json": []},
        {"device.json": {"disks": []}, "groups.json": []},
    ],
)
def test_a_state_without_groups_of_its_own_gets_the_defaults(document):
    groups = read_groups(document)
    assert groups.in_order == DEFAULT_GROUPS
    assert not groups.explicit


def test_groups_start_in_the_order_in_which_they_are_listed():
    groups = read_groups(device({"name": "zebra"}, {"name": "ape"}))
    assert groups.names() == ["zebra", "ape"]
    assert groups.explicit


def test_a_group_that_gives_only_its_name_has_the_documented_defaults():
    group = read_groups(device({"name": "x"})).in_order[0]
    assert group == Group("x", Goal.STARTED, RestartPolicy.CONTAINER, 30.0, None, "")


def test_all_members_of_a_group_are_read():
    group = read_groups(
        device(
            {
                "name": "app",
                "description": "two\nlines",
                "status_goal": "READY",
                "restart_policy": "system",
                "timeout": Decimal("1.5"),
                "auto_recovery": {"policy": "always"},
                "unknown": 1,
            }
        )
    ).in_order[0]
    recovery = AutoRecovery(RecoveryPolicy.ALWAYS)
    assert group == Group("app", Goal.READY, RestartPolicy.SYSTEM, 1.5, recovery, "two\nlines")


def test_the_older_groups_file_is_read_where_there_is_no_device_file():
    assert read_groups({"groups.json": [{"name": "x"}]}).names() == ["x"]


def test_the_device_file_wins_over_the_older_one():
    document = device({"name": "new"}) | {"groups.json": [{"name": "old"}]}
    assert read_groups(document).names() == ["new"]


@pytest.mark.parametrize(
    ("document", "key", "expected"),
    [
        ({"device.json": []}, "device.json", "a JSON object"),
        ({"device.json": sha()}, "device.json", "a JSON object"),
        ({"device.json": {"groups": {}}}, "device.json: groups", "a list"),
        ({"device.json": {"groups": False}}, "device.json: groups", "a list"),
        ({"groups.json": {"groups": []}}, "groups.json", "a list"),
        ({"groups.json": sha()}, "groups.json", "a list"),
        ({"groups.json": ["x"]}, "groups.json: [0]", "a JSON object"),
        (device({}), "device.json: groups[0].name", "a name"),
        (device({"name": ""}), "device.json: groups[0].name", "a name"),
        (device({"name": "x"}, {"name": "x"}), "device.json: groups[1].name", "each group once"),
        (
            device({"name": "x", "status_goal": "RUNNING"}),
            "device.json: groups[0].status_goal",
            '"MOUNTED", "STARTED" or "READY"',
        ),
        (
            device({"name": "x", "restart_policy": "none"}),
            "device.json: groups[0].restart_policy",
            '"system" or "container"',
        ),
        (device({"name": "x", "timeout": "30"}), "device.json: groups[0].timeout", "a number"),
        (
            device({"name": "x", "auto_recovery": {"policy": "x"}}),
            "device.json: groups[0].auto_recovery.policy",
            '"no", "always", "on-failure" or "unless-stopped"',
        ),
    ],
)
def test_a_bad_group_is_named_with_what_was_expected(document, key, expected):
    error = fault(document)
    assert (error.key, error.expected) == (key, expected)
