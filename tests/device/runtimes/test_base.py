"""What both runtimes share, with lives that do what they are told at once."""

import asyncio

import pytest

from surefoot.device.runtimes.base import InstanceRuntime
from surefoot.device.runtimes.life import Life, Stage
from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import RuntimeFailed
from surefoot.revision import Persistence, Storage


class QuickLife(Life):
    def __init__(self, name, broken):
        super().__init__(name, lambda: False)
        self.broken = broken
        if "park" in broken:
            self._fail("it cannot be parked")
        self._reach(Stage.PARKED)

    def _fail(self, cause):
        self._complain(cause)
        self._reach(Stage.OVER)

    def _go(self):
        if "exec" in self.broken:
            self._fail("there is no init")
            return
        self.has_run = True
        self._reach(Stage.RUNNING)

    def end(self, code=0):
        self._exit = Exit(code, None)
        self._reach(Stage.OVER)

    def _give_up(self):
        self._reach(Stage.OVER)

    async def release(self):
        self._go()
        if not self.has_run:
            raise self._failed("could not be started")
        return 42

    async def stop(self, signal, grace_s):
        self.signal = signal
        self.end()


class Alive:
    pid = 43
    is_gone = False


class QuickRuntime(InstanceRuntime):
    name = "quick"

    def __init__(self, machine):
        super().__init__(machine.device_id, machine.run_dir, machine.storage)
        self.calls = []
        self.broken = ()
        self.busy = 0
        self.claims = frozenset()

    def _set_up(self, bundle, lines):
        self.calls.append(f"set up {bundle.id}")
        if "set up" in self.broken:
            raise OSError("the disk is full")
        return self.claims

    def _launch(self, instance):
        if self.busy:
            self.busy -= 1
            raise RuntimeFailed("the layer is busy")
        self.calls.append(f"launch {instance.bundle.id}")
        return QuickLife(instance.bundle.id, self.broken)

    def _tidy(self, instance):
        self.calls.append(f"tidy {instance.bundle.id}")

    def _forget(self, instance_id):
        self.calls.append(f"forget {instance_id}")
        self.places.remove(instance_id)


@pytest.fixture
def runtime(machine):
    return QuickRuntime(machine)


@pytest.fixture
def bundle(machine, images):
    def make(instance_id, **fields):
        return machine.bundle(instance_id, images["healthy"], **fields)

    return make


async def test_an_instance_is_set_up_once_and_launched_for_each_life(runtime, bundle):
    await runtime.prepare(bundle("app.1"))
    await runtime.start("app.1")
    runtime._instances["app.1"].life.end(3)
    assert await runtime.wait("app.1") == Exit(3, None)
    await runtime.start("app.1")
    await runtime.release("app.1")
    assert [call for call in runtime.calls if not call.startswith("tidy")] == [
        "set up app.1",
        "launch app.1",
        "launch app.1",
        "forget app.1",
    ]


@pytest.mark.parametrize("broken", ["set up", "park"])
async def test_nothing_is_kept_of_what_cannot_be_prepared(runtime, bundle, broken):
    runtime.broken = (broken,)
    with pytest.raises(RuntimeFailed, match=r"app.*(the disk is full|it cannot be parked)"):
        await runtime.prepare(bundle("app.1"))
    assert runtime.calls[-1] == "forget app.1"
    assert not runtime.places.home("app.1").exists()
    assert not (runtime.places.volumes / "app").exists()


async def test_a_conf_that_is_not_there_is_told(runtime, bundle):
    made = bundle("app.1")
    (made.trail / "app/lxc.container.conf").unlink()
    with pytest.raises(RuntimeFailed, match=r"app could not be prepared: .*lxc\.container\.conf"):
        await runtime.prepare(made)


async def test_what_fails_to_start_can_be_tried_again(runtime, bundle):
    await runtime.prepare(bundle("app.1"))
    runtime._instances["app.1"].life.broken = ("exec",)
    with pytest.raises(RuntimeFailed, match="there is no init"):
        await runtime.start("app.1")
    assert await runtime.start("app.1") == 42


@pytest.mark.parametrize(
    ("claim", "order"),
    [
        ("/a/layer", ["launch app.2"]),
        ("network of app", ["tidy app.1", "launch app.2"]),
    ],
)
async def test_what_is_claimed_is_left_to_start(runtime, bundle, claim, order):
    """A layer is free when its processes are gone, an interface when LXC has given it back."""
    runtime.claims = frozenset((claim,))
    await runtime.prepare(bundle("app.1"))
    await runtime.start("app.1")
    await runtime.prepare(bundle("app.2"))
    assert "launch app.2" not in runtime.calls
    await runtime.stop("app.1", 0)
    runtime.calls.clear()
    await runtime.start("app.2")
    assert runtime.calls == order


async def test_a_layer_that_is_not_free_yet_is_waited_for(runtime, bundle):
    runtime.claims = frozenset(("/a/layer",))
    await runtime.prepare(bundle("app.1"))
    await runtime.start("app.1")
    await runtime.prepare(bundle("app.2"))
    await runtime.stop("app.1", 0)
    runtime.busy = 1
    assert await runtime.start("app.2") == 42
    assert runtime.calls.count("launch app.2") == 1
    assert runtime.calls.index("tidy app.1") < runtime.calls.index("launch app.2")


async def test_what_another_one_holds_cannot_be_had(runtime, bundle):
    runtime.claims = frozenset(("/a/layer",))
    await runtime.prepare(bundle("app.1"))
    await runtime.start("app.1")
    runtime._instances["app.1"].life.init = Alive()
    await runtime.prepare(bundle("app.2"))
    with pytest.raises(RuntimeFailed, match=r"while app\.1 runs: both need /a/layer"):
        await runtime.start("app.2")


async def test_other_claims_do_not_matter(runtime, bundle):
    for number in (1, 2):
        runtime.claims = frozenset((f"layer {number}",))
        await runtime.prepare(bundle(f"app.{number}"))
    assert "launch app.2" in runtime.calls


async def test_the_newest_instance_that_is_left_shows_the_volumes(runtime, bundle):
    for number in (1, 2):
        await runtime.prepare(bundle(f"app.{number}"))
    link = runtime.places.volumes / "app"
    assert link.readlink() == runtime.places.home("app.2") / "volumes"
    await runtime.release("app.2")
    assert link.readlink() == runtime.places.home("app.1") / "volumes"


async def test_the_stop_signal_is_the_confs(runtime, bundle):
    await runtime.prepare(bundle("app.1", conf="lxc.signal.halt = SIGUSR2\n"))
    life = runtime._instances["app.1"].life
    await runtime.stop("app.1", 1)
    assert life.signal == 12


async def test_waiting_outlasts_what_comes_after_the_end(runtime, bundle):
    await runtime.prepare(bundle("app.1"))
    await runtime.start("app.1")
    waiting = asyncio.create_task(runtime.wait("app.1"))
    await asyncio.sleep(0)
    await runtime.release("app.1")
    assert await waiting == Exit(0, None)


async def test_a_disk_of_its_own_is_not_silently_another(runtime, bundle, caplog):
    await runtime.prepare(
        bundle("app.1", storage=(Storage("x", Persistence.PERMANENT, disk="crypt"),))
    )
    assert "app.1: x is on the main disk" in caplog.text
