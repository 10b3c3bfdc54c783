"""Ten seeded power cuts on a real device (`make powercut` makes two hundred), and proof that the
laboratory would see what it looks for."""

import os
from types import SimpleNamespace

import pytest

from surefoot.device.runtimes.probe import why_not_lxc
from surefoot.lab.powercut.run import Bench, problems, run
from surefoot.wire.progress import PERCENT, Progress, Status

RUNS = {"base": "healthy-base-1", "app": "healthy-app-1"}
DONE = Progress(Status.DONE, "Update finished, revision set as rollback point", 100)
UPDATED = Progress(Status.UPDATED, "Update finished, revision not set as rollback point", 100)


@pytest.mark.parametrize("seed", [46, 52])
def test_five_random_power_cuts_lose_nothing(tmp_path, seed):
    """issue 4 "Done when": no DONE revision lost, a running one at the end, as its record says."""
    obstacle = why_not_lxc(tmp_path / "probe")
    if obstacle is not None:
        pytest.skip(f"NO REAL CONTAINERS ON THIS MACHINE: {obstacle}")
    said = []
    assert run(tmp_path, 5, seed, said.append) == []
    assert len([line for line in said if "/5 " in line]) == 5
    assert os.listdir(tmp_path / "device/run") in ([], [".lock"])


# ---- what the laboratory sees ------------------------------------------------------------------


class Storage:
    """Revisions with their records, as `problems` asks for them."""

    def __init__(self, **records):
        self.records = records

    def revisions(self):
        return list(self.records)

    def has_state(self, name):
        return name in self.records


class Device(SimpleNamespace):
    def versions(self):
        return self.runs

    def progress(self, name):
        return self.storage.records.get(name)

    def pv_rev(self):
        return self.rev


@pytest.fixture
def bench(tmp_path):
    """At rest on revision 7, which is DONE, as everything says."""
    device = Device(storage=Storage(**{"0": DONE, "7": DONE}), runs=RUNS, rev="7")
    return Bench(device, tmp_path, print, {"7": RUNS, "8": RUNS}, {"0", "7"})


def status(running="7", point="7", trying=None, staged=None):
    return {"running": running, "rollback_point": point, "trying": trying, "staged": staged}


def test_a_device_at_rest_is_no_finding(bench):
    assert list(problems(bench, status())) == []


def test_an_updated_revision_that_is_still_to_be_tried_is_no_finding(bench):
    """R4."""
    bench.device.storage.records["8"] = UPDATED
    assert list(problems(bench, status("8", trying="8"))) == []
    assert list(problems(bench, status("8", trying="9", staged="9"))) == []


def test_a_revision_that_runs_on_without_being_done_or_tried_is_a_finding(bench):
    bench.device.storage.records["8"] = UPDATED
    (found,) = problems(bench, status("8", trying="7"))
    assert "8 runs with" in found


def test_containers_that_are_not_the_records_are_a_finding(bench):
    bench.device.runs = RUNS | {"app": "healthy-app-2"}
    (found,) = problems(bench, status())
    assert found.startswith("7 is recorded, but ")
    bench.device.runs = {"base": RUNS["base"]}
    assert list(problems(bench, status()))


def test_a_done_revision_that_is_done_no_more_is_a_finding(bench):
    """R6."""
    bench.device.storage.records["0"] = Progress(Status.ERROR, "Unexpected rollback", 100)
    (found,) = problems(bench, status())
    assert found.startswith("0 was DONE and is ")


def test_a_done_revision_that_was_collected_is_no_finding(bench):
    """R21."""
    del bench.device.storage.records["0"]
    assert list(problems(bench, status())) == []


def test_pointers_that_disagree_are_a_finding(bench):
    bench.device.rev = "0"
    assert "the boot file says 0, the agent 7" in list(problems(bench, status()))
    bench.device.rev = "7"
    bench.device.storage.records["7"] = UPDATED
    assert "the rollback point 7 is not DONE" in list(problems(bench, status()))


@pytest.mark.parametrize("message", ["Trying new revision", "", "Retried one of two"])
def test_a_record_that_no_table_knows_is_a_finding(bench, message):
    wrong = Progress(Status.INPROGRESS, message, PERCENT[Status.INPROGRESS])
    bench.device.storage.records["9"] = wrong
    (found,) = problems(bench, status())
    assert "no table knows" in found
