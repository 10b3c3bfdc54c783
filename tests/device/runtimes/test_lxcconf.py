"""A container's conf, read as LXC reads it and rewritten for this device."""

from pathlib import Path

import pytest

from surefoot.device.runtimes import lxcconf
from surefoot.device.runtimes.limits import Layout
from surefoot.device.runtimes.lxcconf import Line, Rootfs

SAMPLE = Path(__file__).parents[2] / "data" / "device" / "pvr-app" / "lxc.container.conf"
HYBRID = Layout({"devices": frozenset(("devices.allow",))}, frozenset())
TABLE = {
    "/volumes": "/run/sf/volumes",
    "/volumes/demo": "/run/sf/instances/demo.1/volumes",
    "/volumes/demo/docker--data": "/data/disks/perm/demo/docker--data",
    "/exports": "/run/sf/exports",
    "/configs": "/data/trails/1/_config",
    "/storage": "/data with blank",
}


def rewritten(text):
    return lxcconf.rewrite(lxcconf.parse(text), TABLE, HYBRID)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("lxc.init.cmd = /entry.sh", Line("lxc.init.cmd = /entry.sh", "lxc.init.cmd", "/entry.sh")),
        ("  lxc.a=b  ", Line("  lxc.a=b  ", "lxc.a", "b")),
        ("lxc.a = 'b c'", Line("lxc.a = 'b c'", "lxc.a", "b c")),
        ("lxc.a = 'b' 'c'", Line("lxc.a = 'b' 'c'", "lxc.a", "b' 'c")),
        ("lxc.a =", Line("lxc.a =", "lxc.a", "")),
        ("# lxc.a = b", Line("# lxc.a = b")),
        ("other = thing", Line("other = thing")),
        ("lxc.a", Line("lxc.a")),
    ],
)
def test_a_line_is_read_as_lxc_reads_it(text, line):
    assert lxcconf.parse(text) == (line,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('/entry.sh "run""two words"', ("/entry.sh", "run", "two words")),
        ("/bin/sh -c 'a \"b\" c'", ("/bin/sh", "-c", 'a "b" c')),
        ('/a ""', ("/a", "")),
        ("  /a\tb ", ("/a", "b")),
        ('/a b"c', ("/a", 'b"c')),
        ("", ()),
    ],
)
def test_a_command_is_split_at_its_quotes(text, words):
    """pvr.md 3.3: the first word bare, the rest quoted without escaping."""
    assert lxcconf.words(text) == words


def test_the_last_value_counts_and_an_empty_one_takes_back():
    lines = lxcconf.parse("lxc.init.cmd = /a\nlxc.init.cmd = /b\nlxc.x = 1\nlxc.x =\n")
    assert lxcconf.value(lines, "lxc.init.cmd") == "/b"
    assert lxcconf.value(lines, "lxc.x") is None
    assert lxcconf.value(lines, "lxc.y") is None
    assert lxcconf.values(lines, "lxc.init.cmd") == ("/a", "/b")


def test_a_container_without_a_command_has_lxcs_default():
    assert lxcconf.init_command(()) == ("/sbin/init",)


def test_the_environment_is_a_list_of_pairs():
    lines = lxcconf.parse("lxc.environment = A=1\nlxc.environment = B=x=y\nlxc.environment = C\n")
    assert lxcconf.environment(lines) == {"A": "1", "B": "x=y"}


@pytest.mark.parametrize(
    ("path", "rootfs"),
    [
        ("overlayfs:/volumes/a/x:/volumes/a/u", Rootfs(("/volumes/a/x",), "/volumes/a/u")),
        (
            "overlayfs:/volumes/a/o:/volumes/b/x:/volumes/a/u",
            Rootfs(("/volumes/a/o", "/volumes/b/x"), "/volumes/a/u"),
        ),
        ("overlay:/volumes/a/x:/volumes/a/u", Rootfs(("/volumes/a/x",), "/volumes/a/u")),
        ("dir:/volumes/a/x", Rootfs(("/volumes/a/x",), None)),
        ("/volumes/a/x", Rootfs(("/volumes/a/x",), None)),
    ],
)
def test_the_layers_of_a_root_are_read(path, rootfs):
    assert lxcconf.rootfs(lxcconf.parse(f"lxc.rootfs.path = {path}")) == rootfs


def test_a_conf_without_a_root_leaves_it_to_us():
    assert lxcconf.rootfs(lxcconf.parse("lxc.init.cmd = /a")) is None


def test_places_are_found_where_they_may_stand_and_nowhere_else():
    lines = lxcconf.parse(
        """
        lxc.rootfs.path = overlayfs:/volumes/a/r:/volumes/a/u/upper
        lxc.mount.entry = /volumes/a/d volumes/x none bind 0 0
        lxc.mount.entry = /storage storage none bind 0 0
        lxc.mount.entry = ovl p overlay upperdir=/volumes/a/o/upper,workdir=/volumes/a/o/w
        lxc.mount.entry = /volumesque /exports none bind 0 0
        lxc.environment = HOME=/volumes/a/h
        lxc.hook.mount = /configs/a/hook
        """
    )
    assert lxcconf.places(lines) == (
        "/volumes/a/r",
        "/volumes/a/u/upper",
        "/volumes/a/d",
        "/storage",
        "/volumes/a/o/upper",
        "/volumes/a/o/w",
        "/configs/a/hook",
    )
    assert lxcconf.overlay_directories(lines) == ("/volumes/a/o/upper", "/volumes/a/o/w")


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("/volumes/demo/docker--data/x", "/data/disks/perm/demo/docker--data/x"),
        ("/volumes/demo/docker--database", "/run/sf/instances/demo.1/volumes/docker--database"),
        ("/volumes/other/x", "/run/sf/volumes/other/x"),
        ("/etc/x", "/etc/x"),
    ],
)
def test_a_place_is_located_by_its_longest_known_beginning(place, found):
    assert lxcconf.locate(place, TABLE) == found


def test_places_are_rewritten_and_blanks_escaped_where_fstab_needs_it():
    lines = rewritten(
        "lxc.mount.entry = /volumes/demo/docker--data data none bind,rw,create=dir 0 0\n"
        "lxc.mount.entry = /storage/x storage none bind 0 0\n"
        "lxc.hook.mount = /configs/demo/hook a\n"
        "lxc.environment = A=/volumes/demo\n"
    ).lines
    assert lines[:4] == (
        "lxc.mount.entry = /data/disks/perm/demo/docker--data data none bind,rw,create=dir 0 0",
        "lxc.mount.entry = /data\\040with\\040blank/x storage none bind 0 0",
        "lxc.hook.mount = /data/trails/1/_config/demo/hook a",
        "lxc.environment = A=/volumes/demo",
    )


def test_a_host_without_resolv_conf_fails_no_container():
    entry = "lxc.mount.entry = /etc/resolv.conf etc/resolv.conf none bind,rw,create=file 0 0"
    assert rewritten(entry).lines == (entry.replace("create=file", "create=file,optional"),)


@pytest.mark.parametrize(
    "line",
    [
        "lxc.include = /usr/share/lxc/config/common.conf",
        "lxc.log.file = /pv/logs/demo.log",
        "lxc.console.logfile = /x",
        "lxc.cgroup.dir = /x",
        "lxc.monitor.signal.pdeath = 0",
        "lxc.tty.min = 2",
        "lxc.cgroup.nosuch.thing = 1",
    ],
)
def test_what_is_not_the_containers_to_say_is_left_out_with_a_note(line):
    done = rewritten(f"{line}\nlxc.tty.max = 8")
    assert done.lines == ("lxc.tty.max = 8",)
    assert [note.partition(" was ")[0] for note in done.notes] == [line.partition(" ")[0]]


def test_everything_else_is_passed_on_as_it_stands():
    """device.md 10, on the conf that the real pvr writes."""
    text = SAMPLE.read_text()
    untouched = [
        line
        for line in text.splitlines()
        if not line.startswith(("lxc.rootfs.path", "lxc.mount.entry"))
    ]
    done = rewritten(text)
    assert [line for line in done.lines if not line.startswith("lxc.mount.entry")][:-1] == untouched
    assert not done.notes


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("lxc.namespace.keep = user net ipc", True),
        ("lxc.namespace.keep = user uts", False),
        ("lxc.uts.name = mine", False),
        ("lxc.namespace.share.uts = other", False),
    ],
)
def test_the_host_keeps_its_name_when_it_is_shared(text, may):
    assert lxcconf.may_name_host(lxcconf.parse(text)) is may


@pytest.mark.parametrize(("network", "own"), [("empty", False), ("none", False), ("phys", True)])
def test_only_a_real_interface_is_a_network_of_ones_own(network, own):
    assert lxcconf.has_own_network(lxcconf.parse(f"lxc.net.0.type = {network}")) is own
