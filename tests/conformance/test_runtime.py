"""What every container runtime does (device/runtimes/protocol.py). One suite, run on each."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import RuntimeFailed
from surefoot.revision import Goal
from tests.support.images import conf, lay
from tests.support.machine import is_alive, needs_lxc, seen

SAMPLE = Path(__file__).parents[1] / "data" / "device" / "pvr-app"
GRACE_S = 30.0
NEVER_S = 3600.0


@pytest.fixture(params=["lxc", "process"])
def kind(request, tmp_path):
    if request.param == "lxc":
        needs_lxc(tmp_path)
    return request.param


async def started(runtime, bundle):
    await runtime.prepare(bundle)
    return await runtime.start(bundle.id)


async def test_an_init_runs_once_start_has_returned(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        pid = await started(runtime, machine.bundle("app.1", images["healthy"]))
        assert os.readlink(f"/proc/{pid}/exe").endswith("/busybox")
        await seen(lambda: "started\n" in machine.output("app.1"))


async def test_a_prepared_init_does_not_run(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await runtime.prepare(machine.bundle("app.1", images["healthy"]))
        assert not machine.console("app.1").exists() or not machine.output("app.1")


async def test_prepare_is_harmless_twice(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        bundle = machine.bundle("app.1", images["healthy"])
        await runtime.prepare(bundle)
        await runtime.prepare(bundle)
        pid = await runtime.start("app.1")
        await runtime.prepare(bundle)
        assert is_alive(pid)


async def test_an_init_that_does_not_exist_fails_to_start(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await runtime.prepare(machine.bundle("app.1", images["missing"]))
        with pytest.raises(RuntimeFailed, match=r'No such file .*"/sbin/init"'):
            await runtime.start("app.1")


async def test_a_file_that_is_no_program_fails_to_start(kind, machine, images):
    image = images.script("", files={"sbin/init": "I am no program"})
    async with machine.runtime(kind) as runtime:
        await runtime.prepare(machine.bundle("app.1", image))
        with pytest.raises(RuntimeFailed, match=r'Permission denied .*"/sbin/init"'):
            await runtime.start("app.1")


async def test_a_working_directory_that_does_not_exist_fails(kind, machine, images):
    text = conf("app", extra="lxc.init.cwd = /nowhere\n")
    async with machine.runtime(kind) as runtime:
        with pytest.raises(RuntimeFailed, match="No such file"):
            await started(runtime, machine.bundle("app.1", images["healthy"], conf=text))


@pytest.mark.parametrize("code", [0, 1, 7, 127, 255])
async def test_the_exit_code_of_init_is_told(kind, machine, images, code):
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images.exits(code)))
        assert await runtime.wait("app.1") == Exit(code, None)


async def test_the_signal_that_ended_init_is_told(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        pid = await started(runtime, machine.bundle("app.1", images["healthy"]))
        os.kill(pid, signal.SIGKILL)
        assert await runtime.wait("app.1") == Exit(None, signal.SIGKILL)


async def test_the_output_of_init_is_appended_to_its_console(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images.exits(0)))
        await runtime.wait("app.1")
        await runtime.start("app.1")
        await runtime.wait("app.1")
        await seen(lambda: machine.output("app.1") == "started\nstarted\n")


async def test_stop_asks_init_first(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images["healthy"]))
        await seen(lambda: "started" in machine.output("app.1"))
        await runtime.stop("app.1", NEVER_S)
        assert await runtime.wait("app.1") == Exit(0, None)
        await seen(lambda: "stopping" in machine.output("app.1"))


async def test_stop_sends_the_signal_that_the_conf_names(kind, machine, images):
    image = images.script("trap 'exit 5' INT\necho up\nwhile :; do sleep 3600 & wait; done\n")
    text = conf("app", extra="lxc.signal.halt = SIGINT\n")
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", image, conf=text))
        await seen(lambda: "up" in machine.output("app.1"))
        await runtime.stop("app.1", NEVER_S)
        assert await runtime.wait("app.1") == Exit(5, None)


async def test_an_init_that_stays_is_ended_by_force(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images["stubborn"]))
        await seen(lambda: "started" in machine.output("app.1"))
        await runtime.stop("app.1", 0.1)
        assert not machine.processes() - monitors(runtime)
        assert await runtime.wait("app.1") == Exit(None, signal.SIGKILL)


async def test_an_init_that_ignores_its_signals_is_not_waited_for(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images["ignores"]))
        await seen(lambda: "started" in machine.output("app.1"))
        await runtime.stop("app.1", NEVER_S)
        assert await runtime.wait("app.1") == Exit(None, signal.SIGKILL)


async def test_stopping_what_has_not_been_started_is_harmless(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await runtime.stop("app.1", GRACE_S)
        await runtime.prepare(machine.bundle("app.1", images["healthy"]))
        await runtime.stop("app.1", GRACE_S)
        assert is_alive(await runtime.start("app.1"))
        await runtime.stop("app.1", GRACE_S)
        await runtime.stop("app.1", GRACE_S)


async def test_release_is_harmless_twice_and_ends_what_runs(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        bundle = machine.bundle("app.1", images["healthy"])
        pid = await started(runtime, bundle)
        await runtime.release("app.1")
        await runtime.release("app.1")
        assert not is_alive(pid)
        machine.assert_released()
        assert is_alive(await started(runtime, bundle))


async def test_an_instance_can_be_started_again_without_release(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        bundle = machine.bundle("app.1", images.exits(3))
        first = await started(runtime, bundle)
        await runtime.wait("app.1")
        second = await runtime.start("app.1")
        await runtime.wait("app.1")
        third = await started(runtime, bundle)
        assert await runtime.wait("app.1") == Exit(3, None)
        assert len({first, second, third}) == 3


async def test_starting_twice_is_refused(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        pid = await started(runtime, machine.bundle("app.1", images["healthy"]))
        with pytest.raises(RuntimeFailed, match=r"app\.1 runs already"):
            await runtime.start("app.1")
        assert is_alive(pid)


async def test_unknown_instances_are_refused(kind, machine):
    async with machine.runtime(kind) as runtime:
        with pytest.raises(RuntimeFailed, match=r"app\.9 has not been prepared"):
            await runtime.start("app.9")
        with pytest.raises(RuntimeFailed, match=r"app\.9 has not been prepared"):
            await runtime.wait("app.9")


async def test_a_parked_init_that_was_killed_is_parked_again(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        await runtime.prepare(machine.bundle("app.1", images["healthy"]))
        for pid in machine.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await seen(lambda: not runtime._instances["app.1"].is_alive)
        assert is_alive(await runtime.start("app.1"))


async def test_no_process_outlives_its_init(kind, machine, images):
    """A container that forks a daemon and dies."""
    async with machine.runtime(kind) as runtime:
        await started(runtime, machine.bundle("app.1", images["daemon"]))
        await runtime.wait("app.1")
        assert not machine.processes() - monitors(runtime)


async def test_an_instance_is_prepared_while_the_one_before_runs(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        old = await started(runtime, machine.bundle("app.1", images["healthy"]))
        await runtime.prepare(machine.bundle("app.2", images["healthy"], revision="2"))
        assert is_alive(old)
        await runtime.stop("app.1", GRACE_S)
        assert not is_alive(old)
        new = await runtime.start("app.2")
        await runtime.release("app.1")
        assert is_alive(new)
        assert runtime.owner(new) == "app.2"


async def test_other_containers_keep_their_init(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        base = await started(runtime, machine.bundle("base.1", images["healthy"]))
        await started(runtime, machine.bundle("app.1", images["healthy"]))
        for number in (2, 3):
            await runtime.prepare(machine.bundle(f"app.{number}", images["healthy"]))
            await runtime.stop(f"app.{number - 1}", GRACE_S)
            await runtime.start(f"app.{number}")
            await runtime.release(f"app.{number - 1}")
        assert is_alive(base)
        assert runtime.owner(base) == "base.1"


async def test_containers_start_side_by_side(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        bundles = [machine.bundle(f"c{number}.1", images["healthy"]) for number in range(4)]
        pids = await asyncio.gather(*(started(runtime, bundle) for bundle in bundles))
        assert [runtime.owner(pid) for pid in pids] == [bundle.id for bundle in bundles]
        await asyncio.gather(*(runtime.stop(bundle.id, GRACE_S) for bundle in bundles))


async def test_the_owner_of_a_process_is_known(kind, machine, images):
    image = images.script("sleep 3600 &\necho up\nwait\n")
    async with machine.runtime(kind) as runtime:
        pid = await started(runtime, machine.bundle("app.1", image))
        await seen(lambda: "up" in machine.output("app.1"))
        assert [runtime.owner(child) for child in children(pid)] == ["app.1"]
        assert await asyncio.to_thread(runtime.owner, pid) == "app.1"
        assert runtime.owner(os.getpid()) is None
        assert runtime.owner(1) is None


async def test_a_container_made_by_pvr_runs_unchanged(kind, machine, images):
    """device.md 10, pvr.md 3.3: the sample's conf, with its quoted words and volumes."""
    text = (SAMPLE / "lxc.container.conf").read_text()
    bundle = machine.bundle("demo.1", images["tells"], conf=text, config="lxc.container.conf")
    async with machine.runtime(kind) as runtime:
        await started(runtime, bundle)
        assert await runtime.wait("demo.1") == Exit(7, None)
        output = machine.output("demo.1").splitlines()
    assert [line for line in output if line.startswith("word=")] == [
        "word=[run]",
        "word=[two words]",
    ]
    assert "directory=[/srv]" in output
    assert {"MODE=demo", "PATH=/bin"} <= set(output)


async def test_a_container_can_signal_over_the_control_socket(kind, machine, images):
    """R26: the socket is in each container; who speaks is known by the process."""
    async with machine.runtime(kind) as runtime, listening(machine.socket, runtime) as callers:
        await started(runtime, machine.bundle("app.1", images["ready"]))
        await seen(lambda: callers)
        request, owner = callers[0]
        assert json.loads(request.partition(b"\r\n\r\n")[2]) == {"type": "ready", "payload": ""}
        assert owner == "app.1"
        await seen(lambda: "200 OK" in machine.output("app.1"))


async def test_the_configuration_of_a_container_lies_above_its_images(kind, machine, images):
    image = images.script("cat /etc/name /etc/kept\n", files={"etc/name": "a", "etc/kept": "b"})
    bundle = machine.bundle("app.1", image)
    override = bundle.trail / "_config" / "app" / "etc" / "name"
    override.parent.mkdir(parents=True)
    override.write_text("config-")
    async with machine.runtime(kind) as runtime:
        await started(runtime, bundle)
        await runtime.wait("app.1")
        await seen(lambda: machine.output("app.1") == "config-b")


async def test_a_container_without_process_only_shows_its_volumes(kind, machine, images):
    image = images.script("", files={"data": "of the store"})
    bundle = machine.bundle("store.1", image, goal=Goal.MOUNTED, config=None)
    async with machine.runtime(kind) as runtime:
        await runtime.prepare(bundle)
        assert await runtime.start("store.1") == 0
        waiting = asyncio.create_task(runtime.wait("store.1"))
        data = machine.run_dir / "volumes" / "store" / "root.squashfs" / "data"
        assert data.read_text() == "of the store"
        assert not waiting.done()
        await runtime.stop("store.1", GRACE_S)
        assert await waiting == Exit(0, None)
        await runtime.release("store.1")
        assert not data.exists()


async def test_nothing_is_kept_of_what_cannot_be_prepared(kind, machine, images):
    bundle = machine.bundle("app.1", images["healthy"])
    image = bundle.trail / "app" / "root.squashfs"
    async with machine.runtime(kind) as runtime:
        image.unlink()
        with pytest.raises(RuntimeFailed, match=r"app/root\.squashfs is not in revision 1"):
            await runtime.prepare(bundle)
        image.write_bytes(b"these are not the bytes of an image" * 1000)
        with pytest.raises(RuntimeFailed, match=r"app could not be prepared.*root\.squashfs"):
            await runtime.prepare(bundle)
        machine.assert_released()
        lay(bundle.trail, "app", images["healthy"])
        assert is_alive(await started(runtime, bundle))


async def test_close_ends_all_instances(kind, machine, images):
    async with machine.runtime(kind) as runtime:
        running = await started(runtime, machine.bundle("app.1", images["stubborn"]))
        await runtime.prepare(machine.bundle("app.2", images["healthy"]))
        await runtime.prepare(machine.bundle("base.1", images["healthy"]))
    assert not is_alive(running)
    assert not list((machine.run_dir).iterdir())


def children(pid):
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = entry.read_text().rpartition(")")[2].split()[1]
            found += [int(entry.parent.name)] if int(parent) == pid else []
    return found


def monitors(runtime):
    """Processes that only watch: LXC's monitors end a moment after their container."""
    watched = [instance.life for instance in runtime._instances.values() if instance.life]
    return {life._process.pid for life in watched if hasattr(life, "_process")}


@asynccontextmanager
async def listening(socket, runtime):
    """A control socket that answers everything with 200; what came in, and from which instance."""
    callers = []

    async def answer(reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        request += await reader.readexactly(29)
        credentials = writer.get_extra_info("socket").getsockopt(1, 17, 12)
        callers.append((request, runtime.owner(int.from_bytes(credentials[:4], "little"))))
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, socket)
    try:
        yield callers
    finally:
        server.close()
        await server.wait_closed()
        socket.unlink(missing_ok=True)
