"""kill -9 of the agent at effect boundaries of remote updates, on real containers and a real Hub: a
sample; all of them in `lab/crash`."""

import random
import sys
from pathlib import Path

import pytest

from tests.walks.remote_walk import RemoteWalk, app, base

ROOT = Path(__file__).parents[2]
SEED = 20261125
# More effects than the agent performs from the poll that finds a step to its end.
SPAN = 70
SAMPLES = 6
GOOD = {"non-reboot": ("UPDATED", "DONE"), "reboot": ("DONE",)}
FELL_BACK = ("ERROR", "Unexpected rollback")


@pytest.fixture
def cut_remote(tmp_path, images):
    armed = tmp_path / "cut"
    walk = RemoteWalk(tmp_path, images, {"CUT_FILE": str(armed), "PYTHONPATH": str(ROOT)})
    walk.armed = armed
    walk.device.create(walk.checkout("factory"))
    storage, run = str(walk.device.storage.root), str(walk.device.run)
    walk.device.start([sys.executable, "-m", "tests.support.cutting_loop", storage, run])
    try:
        walk.device.at_rest()
        walk.claim()
        yield walk
    finally:
        walk.close()
    assert walk.device.leftovers() == []


@pytest.mark.parametrize("kind", list(GOOD))
def test_a_kill_between_two_effects_loses_no_step_and_no_report(cut_remote, kind):
    """issue 5 "Bad input and faults"; R15, R18: the Hub ends with what the device runs."""
    walk = cut_remote
    for number, boundary in enumerate(random.Random(f"{SEED} {kind}").sample(range(SPAN), SAMPLES)):
        parts = {"app": app(f"{kind[:1]}{number}")}
        if kind == "reboot":
            parts["base"] = base(f"{kind[:1]}{number}")
        before = walk.device.status()["running"]
        rev = walk.post(walk.checkout(f"{kind}-{number}", **parts))
        walk.armed.write_text(str(boundary))
        told = walk.ended(rev)
        walk.armed.unlink(missing_ok=True)
        status = walk.device.at_rest()
        if told["status"] in GOOD[kind]:
            assert status["running"] == str(rev)
        else:
            assert (told["status"], told["status-msg"]) == FELL_BACK
            assert status["running"] in (before, walk.device.pv_rev())
        assert walk.stored(rev).status == walk.progress(rev)["status"]
