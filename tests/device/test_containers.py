"""The hands for containers: what the runtime is asked, in which order, and what is told of it."""

import asyncio

import pytest

from surefoot.device import containers
from surefoot.device import effects as dev
from surefoot.errors import RuntimeFailed
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from tests.device.hands import Bench


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_a_container_is_prepared_with_what_its_runtime_needs(bench):
    assert bench.perform(bench.prepared("app"), answers=1) == [sup_on.Prepared("app.1")]
    bundle = bench.runtime.bundle
    assert (bundle.id, bundle.revision, bundle.container.name) == ("app.1", "0", "app")
    assert bundle.trail == bench.storage.trail("0")
    assert bundle.console == bench.storage.logs / "0/app/console.log"
    assert bundle.socket == bench.parts.socket


def test_a_start_tells_its_init_and_later_its_end(bench):
    heard = bench.perform(sup_do.Start("app.1", "app"), answers=2)
    assert heard == [sup_on.Started("app.1", 4242), sup_on.Exited("app.1", 7, None)]


@pytest.mark.parametrize("error", [RuntimeFailed("no such init"), OSError("no such init")])
def test_what_fails_is_told_with_its_cause(bench, error):
    bench.runtime.fails = {"prepare app.1": error, "start base.1": error}
    heard = bench.perform(bench.prepared("app"), sup_do.Start("base.1", "base"), answers=2)
    assert sup_on.PrepareFailed("app.1", "no such init") in heard
    assert sup_on.StartFailed("base.1", "no such init") in heard


def test_a_container_that_cannot_be_stopped_makes_the_agent_leave(bench):
    """Design rule 7: whatever waits for its end would wait for ever; the boot loop can end it."""
    bench.runtime.fails = {"stop app.1 10": RuntimeFailed("it does not die")}
    (asked,) = bench.perform(sup_do.Stop("app.1", "app", 10), answers=1)
    assert isinstance(asked, dev.LeaveAsked)
    assert "app" in asked.why


def test_what_cannot_be_released_is_only_logged(bench, caplog):
    """The next boot sweeps it."""
    bench.runtime.fails = {"release app.1": OSError("busy"), "close": RuntimeFailed("busy")}
    assert bench.perform(sup_do.Release("app.1", "app")) == []
    assert "app leaves something behind: busy" in caplog.text
    assert "containers leave something behind: busy" in caplog.text


def test_the_work_of_one_container_is_done_one_after_the_other(bench):
    """Whatever its instances: a new one starts when the old one is gone."""
    bench.perform(
        bench.prepared("app", 2),
        sup_do.Stop("app.1", "app", 10),
        sup_do.Start("app.2", "app"),
        sup_do.Release("app.1", "app"),
        answers=3,
    )
    calls = ["prepare app.2", "stop app.1 10", "start app.2", "release app.1", "close"]
    assert bench.runtime.told == [f"{call} {end}" for call in calls for end in ("begins", "ends")]


def test_one_that_fails_does_not_hold_up_what_comes_after_it(bench):
    bench.runtime.fails = {"stop app.1 10": RuntimeFailed("x"), "prepare app.2": OSError("y")}
    bench.perform(
        sup_do.Stop("app.1", "app", 10), bench.prepared("app", 2), sup_do.Release("app.1", "app")
    )
    assert bench.runtime.told[-3] == "release app.1 ends"


def test_containers_are_prepared_in_the_order_given(bench):
    """One may use the volumes of one before it."""
    bench.perform(bench.prepared("base"), bench.prepared("app"), answers=2)
    assert bench.runtime.told[:4] == [
        "prepare base.1 begins",
        "prepare base.1 ends",
        "prepare app.1 begins",
        "prepare app.1 ends",
    ]


def test_different_containers_start_and_stop_side_by_side(bench):
    """issue 4, 6: within a group containers start in parallel."""
    for effect, call in ((sup_do.Start, "start"), (sup_do.Stop, "stop")):
        bench.runtime.told.clear()
        more = (10,) if effect is sup_do.Stop else ()
        bench.perform(effect("base.1", "base", *more), effect("app.1", "app", *more))
        begun = [told.split()[1] for told in bench.runtime.told[:2]]
        assert begun == ["base.1", "app.1"], call
        assert all(told.endswith("begins") for told in bench.runtime.told[:2])


def test_a_slip_in_a_task_is_posted_so_that_the_agent_ends(bench):
    """It must not go unseen: start-up recovers from it, silence does not."""
    slip = ZeroDivisionError("a slip of ours")
    bench.runtime.fails = {"start app.1": slip}
    assert bench.perform(sup_do.Start("app.1", "app"), answers=1) == [slip]


def test_what_never_ends_does_not_keep_the_agent_from_ending(bench, monkeypatch):
    """Nothing durable hangs on it."""
    monkeypatch.setattr(containers, "FINISH_S", 0.01)

    async def never(_bundle):
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.runtime, "prepare", never)
    assert bench.perform(bench.prepared("app")) == []
    assert bench.runtime.told == ["close begins", "close ends"]
