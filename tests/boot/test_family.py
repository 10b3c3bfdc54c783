import os

import pytest

from surefoot.boot.family import marked, self_and_ancestors
from tests.boot.machine import sleeper


def test_a_process_is_found_by_the_mark_in_its_environment(device_id: str) -> None:
    with sleeper(device_id) as ours, sleeper(device_id + "0"), sleeper():
        assert marked(device_id) == {ours.pid}
    assert marked(device_id) == set()


def test_children_inherit_the_mark(device_id: str) -> None:
    argv = ("sh", "-c", "sleep 1000 & echo $!; wait")
    with sleeper(device_id, argv) as shell:
        assert shell.stdout is not None
        child = int(shell.stdout.readline())
        assert marked(device_id) == {shell.pid, child}
        os.kill(child, 9)


@pytest.mark.usefixtures("needs_root")
def test_another_users_processes_are_found_by_root(device_id: str) -> None:
    with sleeper(device_id, user="nobody") as ours:
        assert marked(device_id) == {ours.pid}


def test_the_line_of_ancestors_begins_here_and_ends_at_the_top() -> None:
    line = self_and_ancestors()
    assert {os.getpid(), os.getppid()} <= line
    assert 0 not in line
