"""What only the `lxc` runtime can do, on real LXC: storage, bases, limits, namespaces, clean-up."""

import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.boot import cgroups
from surefoot.boot.clean import sweep
from surefoot.device.runtimes.protocol import Exit
from surefoot.errors import RuntimeFailed
from surefoot.revision import Goal, Persistence, Storage
from tests.support.images import conf, lay
from tests.support.machine import is_alive, needs_lxc, seen, waited_for

GRACE_S = 30.0
ROOT = Path(__file__).parents[2]
PERMANENT_ROOT = (Storage("lxc-overlay", Persistence.PERMANENT),)
COUNTS = "echo line >>/data/lines\nwc -l </data/lines\n"
DATA = "lxc.mount.entry = /volumes/{0}/docker--data data none bind,rw,create=dir 0 0\n"


@pytest.fixture(autouse=True)
def _needs_lxc(tmp_path):
    needs_lxc(tmp_path)


async def run_once(runtime, machine, bundle):
    """What a container says from its start to its end."""
    await runtime.prepare(bundle)
    await runtime.start(bundle.id)
    ended = await runtime.wait(bundle.id)
    await runtime.release(bundle.id)
    return machine.output(bundle.id), ended


@pytest.mark.parametrize(
    ("persistence", "lines"),
    [
        (Persistence.PERMANENT, ["1", "2", "3"]),
        (Persistence.REVISION, ["1", "2", "1"]),
        (Persistence.BOOT, ["1", "1", "1"]),
    ],
)
async def test_storage_lasts_as_long_as_it_should(machine, images, persistence, lines):
    """The same revision twice, then another one."""
    image = images.script(COUNTS)
    text = conf("app", extra=DATA.format("app"))
    storage = (Storage("docker--data", persistence),)
    found = []
    async with machine.runtime("lxc") as runtime:
        for number, revision in enumerate(("locals/a", "locals/a", "7")):
            bundle = machine.bundle(
                f"app.{number}", image, conf=text, revision=revision, storage=storage
            )
            output, _ = await run_once(runtime, machine, bundle)
            found.append(output.strip())
    assert found == lines


async def test_storage_lies_where_the_device_keeps_its_disks(machine, images):
    storage = (
        Storage("docker--data", Persistence.PERMANENT),
        Storage("docker--own", Persistence.REVISION),
    )
    bundle = machine.bundle("app.1", images["healthy"], revision="locals/a", storage=storage)
    async with machine.runtime("lxc") as runtime:
        await runtime.prepare(bundle)
    assert (machine.storage / "disks/perm/app/docker--data").is_dir()
    assert (machine.storage / "disks/rev/locals%2Fa/app/docker--own").is_dir()


async def test_a_writable_layer_that_lasts_is_never_mounted_twice(machine, images):
    image = images.script("echo line >>/lines\nwc -l </lines\n" + "while :; do sleep 1; done\n")
    first = machine.bundle("app.1", image, storage=PERMANENT_ROOT)
    second = machine.bundle("app.2", image, storage=PERMANENT_ROOT)
    async with machine.runtime("lxc") as runtime:
        await runtime.prepare(first)
        await runtime.start("app.1")
        await seen(lambda: machine.output("app.1") == "1\n")
        await runtime.prepare(second)
        assert not os.path.ismount(machine.run_dir / "instances/app.2/rootfs")
        with pytest.raises(RuntimeFailed, match=r"app\.2 cannot be started while app\.1 runs"):
            await runtime.start("app.2")
        await runtime.stop("app.1", GRACE_S)
        await runtime.start("app.2")
        await seen(lambda: machine.output("app.2") == "2\n")


async def test_a_root_may_be_that_of_another_container(machine, images):
    """pvr.md 3.1: an app with --base; its patch lies above the base's image."""
    base = images.script("cat /etc/a /etc/b\n", files={"etc/a": "base ", "etc/b": "base"})
    patch = images.script("cat /etc/a /etc/b\n", files={"etc/a": "patch "})
    lay(machine.trail("1"), "base", base)
    text = conf("app").replace(
        "overlayfs:/volumes/app/root.squashfs",
        "overlayfs:/volumes/app/root.ovl.squashfs:/volumes/base/root.squashfs",
    )
    bundle = machine.bundle("app.1", patch, conf=text, root_volume="root.ovl.squashfs")
    (bundle.trail / "app/root.squashfs").rename(bundle.trail / "app/root.ovl.squashfs")
    async with machine.runtime("lxc") as runtime:
        output, _ = await run_once(runtime, machine, bundle)
    assert output == "patch base"


async def test_a_container_without_a_root_in_its_conf_gets_ours(machine, images):
    text = "lxc.init.cmd = /sbin/init\nlxc.namespace.keep = user net ipc\n"
    async with machine.runtime("lxc") as runtime:
        bundle = machine.bundle("app.1", images["healthy"], conf=text)
        await runtime.prepare(bundle)
        assert is_alive(await runtime.start("app.1"))


async def test_volumes_of_a_container_without_process_are_found_by_others(machine, images):
    store = machine.bundle(
        "store.1",
        images["missing"],
        goal=Goal.MOUNTED,
        config=None,
        storage=(Storage("docker--data", Persistence.PERMANENT),),
    )
    text = conf("app", extra=DATA.format("store"))
    bundle = machine.bundle("app.1", images.script(COUNTS), conf=text)
    async with machine.runtime("lxc") as runtime:
        with pytest.raises(RuntimeFailed, match="app needs /volumes/store/docker--data, but"):
            await runtime.prepare(bundle)
        await runtime.prepare(store)
        await run_once(runtime, machine, bundle)
    lines = machine.storage / "disks/perm/store/docker--data/lines"
    assert lines.read_text() == "line\n"


async def test_limits_that_the_machine_has_are_set_and_others_left_out(machine, images, caplog):
    caplog.set_level("INFO")
    extra = "lxc.cgroup.pids.max = 77\nlxc.cgroup.nosuch.limit = 1\nlxc.include = /nowhere\n"
    bundle = machine.bundle("app.1", images["healthy"], conf=conf("app", extra=extra))
    async with machine.runtime("lxc") as runtime:
        await runtime.prepare(bundle)
        await runtime.start("app.1")
        files = [top / "app.1/pids.max" for top in cgroups.tops(machine.device_id)]
        limits = {file.read_text().strip() for file in files if file.exists()}
    assert "77" in limits or not limits
    assert "lxc.cgroup.nosuch.limit was left out" in caplog.text
    assert "lxc.include was left out" in caplog.text


async def test_a_container_that_powers_itself_off_has_ended_well(machine, images):
    image = images.script("poweroff -f\nsleep 3600\n")
    async with machine.runtime("lxc") as runtime:
        _, ended = await run_once(runtime, machine, machine.bundle("app.1", image))
    assert ended == Exit(0, None)


async def test_a_container_that_reboots_itself_is_not_started_by_lxc(machine, images):
    image = images.script("echo started\nreboot -f\nsleep 3600\n")
    async with machine.runtime("lxc") as runtime:
        output, ended = await run_once(runtime, machine, machine.bundle("app.1", image))
    assert ended == Exit(None, signal.SIGHUP)
    assert output == "started\n"


async def test_a_container_has_its_own_name_and_the_host_keeps_its(machine, images):
    host = platform.node()
    async with machine.runtime("lxc") as runtime:
        output, _ = await run_once(
            runtime, machine, machine.bundle("app.1", images.script("hostname\n"))
        )
        shared = conf("base", extra="lxc.namespace.keep = user net ipc uts\n")
        bundle = machine.bundle("base.1", images.script("hostname\n"), conf=shared)
        kept, _ = await run_once(runtime, machine, bundle)
    assert output == "app\n"
    assert kept.strip() == platform.node() == host


async def test_the_output_of_a_container_without_console_is_kept(machine, images):
    text = conf("app", extra="lxc.console.path = none\nlxc.tty.min = 2\n")
    async with machine.runtime("lxc") as runtime:
        bundle = machine.bundle("app.1", images.exits(0), conf=text)
        output, _ = await run_once(runtime, machine, bundle)
    assert output == "started\n"


async def test_processes_outside_of_a_pid_namespace_end_with_their_init(machine, images):
    text = conf("app", extra="lxc.namespace.keep = user net ipc pid\n")
    async with machine.runtime("lxc") as runtime:
        bundle = machine.bundle("app.1", images["daemon"], conf=text)
        await runtime.prepare(bundle)
        await runtime.start("app.1")
        await runtime.wait("app.1")
        assert not runtime.cgroups.processes("app.1")


async def test_a_container_dies_with_its_monitor(machine, images):
    async with machine.runtime("lxc") as runtime:
        await runtime.prepare(machine.bundle("app.1", images["healthy"]))
        pid = await runtime.start("app.1")
        runtime.cgroups.kill_monitor("app.1")
        assert await runtime.wait("app.1") == Exit(None, signal.SIGKILL)
        assert not is_alive(pid)
        assert is_alive(await runtime.start("app.1"))


async def test_a_container_sees_nothing_of_the_agent(machine, images):
    """No descriptor, no variable; and the agent's terminal is not its console."""
    script = "ls -l /proc/1/fd\nenv\n"
    async with machine.runtime("lxc") as runtime:
        output, _ = await run_once(runtime, machine, machine.bundle("app.1", images.script(script)))
    targets = {line.partition(" -> ")[2] for line in output.splitlines() if " -> " in line}
    assert targets <= {"/dev/console", "/dev/pts/0", "/sbin/init"}
    assert "SUREFOOT" not in output


def test_mounts_and_loop_devices_go_with_the_processes_of_a_killed_agent(machine):
    """R8, decisions/0004: nobody unmounts anything here."""
    with doomed(machine) as agent:
        assert agent.stdout.readline() == "up\n"
        assert str(machine.run_dir) in Path(f"/proc/{agent.pid}/mountinfo").read_text()
        assert str(machine.run_dir) not in Path("/proc/self/mountinfo").read_text()
        assert any("loop device" in thing for thing in machine.left())
        agent.kill()
    assert waited_for(lambda: not machine.kill_processes())
    assert waited_for(lambda: not [left for left in machine.left() if "cgroup" not in left])
    assert not sweep(machine.device_id, machine.run_dir, machine.storage).left
    machine.assert_clean()


def test_a_parked_container_gives_up_when_its_agent_is_killed(machine):
    with doomed(machine) as agent:
        assert agent.stdout.readline() == "up\n"
        group = next(iter(cgroups.tops(machine.device_id)))
        assert cgroups.processes(group / "app.2")
        agent.kill()
    assert waited_for(lambda: not cgroups.processes(group / "app.2"))
    sweep(machine.device_id, machine.run_dir, machine.storage)


@pytest.mark.parametrize("layout", ["v1", "v2"])
def test_every_layout_of_cgroups_will_do(tmp_path, layout):
    command = [sys.executable, "-m", "tests.support.layouts", layout, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("hierarchies") >= 1
    assert told == {"owner": "app.1", "signal": signal.SIGKILL, "left": []}


def doomed(machine):
    command = [sys.executable, "-m", "tests.support.doomed", "lxc"]
    return subprocess.Popen(
        [*command, str(machine.directory), machine.device_id],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
