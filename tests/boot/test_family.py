import os

import pytest

from surefoot.boot import family
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


def test_a_process_in_the_middle_of_its_exec_is_waited_for(
    device_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows no environment for a moment; else a container could slip through a sweep."""
    look, looks = family._environment_now, []

    def late(pid: int) -> bytes | None:
        looks.append(pid)
        return b"" if looks.count(pid) < 3 else look(pid)

    with sleeper(device_id) as ours:
        monkeypatch.setattr(family, "_environment_now", late)
        monkeypatch.setattr(family, "_has_none", lambda pid: pid != ours.pid)
        assert marked(device_id) == {ours.pid}


def test_each_new_process_shows_its_mark_at_once(device_id: str) -> None:
    for _ in range(200):
        with sleeper(device_id) as ours:
            assert marked(device_id) == {ours.pid}


def test_who_has_no_environment_is_not_waited_for() -> None:
    with sleeper(argv=("env", "-i", "sh", "-c", "echo up; kill -STOP $$")) as bare:
        assert bare.stdout is not None
        bare.stdout.readline()
        assert family._has_none(bare.pid)
        assert not family._has_none(os.getpid())
        bare.kill()
        os.waitid(os.P_PID, bare.pid, os.WEXITED | os.WNOWAIT)
        assert family._has_none(bare.pid)
    assert family._has_none(bare.pid)
