"""Which runtime is taken, and why (issue 4: SUREFOOT_RUNTIME)."""

import pytest

from surefoot.device import runtimes
from surefoot.device.runtimes import BACKENDS, choose
from surefoot.errors import InvalidInput, RuntimeFailed

OBSTACLE = "lxc-start is not installed"


@pytest.fixture(params=[None, OBSTACLE])
def obstacle(request, monkeypatch):
    monkeypatch.setattr(runtimes, "why_not_lxc", lambda run_dir: request.param)
    return request.param


def chosen(wanted, tmp_path):
    runtime, why = choose(wanted, "12345678", tmp_path, tmp_path)
    return runtime.name, why


def test_auto_takes_lxc_where_it_can_and_says_why_where_it_cannot(tmp_path, obstacle):
    if obstacle is None:
        assert chosen("auto", tmp_path) == ("lxc", "this machine can do all it needs")
        return
    name, why = chosen("auto", tmp_path)
    assert name == "process"
    assert why == f"LXC cannot be used here ({OBSTACLE}), so containers run without isolation"


def test_lxc_by_name_fails_on_a_machine_that_cannot(tmp_path, obstacle):
    if obstacle is None:
        assert chosen("lxc", tmp_path) == ("lxc", "it was asked for")
        return
    with pytest.raises(RuntimeFailed, match=f"SUREFOOT_RUNTIME=lxc, but .*: {OBSTACLE}"):
        choose("lxc", "12345678", tmp_path, tmp_path)


def test_process_by_name_is_always_taken(tmp_path, obstacle):
    assert chosen("process", tmp_path) == ("process", "it was asked for")


def test_any_other_name_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="SUREFOOT_RUNTIME is one of auto, lxc, process"):
        choose("docker", "12345678", tmp_path, tmp_path)


def test_backends_are_found_by_the_name_they_have():
    assert all(name == runtime.name for name, runtime in BACKENDS.items())
