"""What an instance has below `/volumes`, and the layers of its root."""

import os

import pytest

from surefoot.device.runtimes import lxcconf, volumes
from surefoot.device.runtimes.places import Places
from surefoot.errors import RuntimeFailed
from surefoot.revision import Goal, Persistence, Storage
from tests.support.images import conf, lay
from tests.support.machine import needs_lxc


@pytest.fixture(autouse=True)
def _may_mount(tmp_path):
    needs_lxc(tmp_path)


@pytest.fixture
def build(machine):
    """Builds the volumes of a bundle with a conf; all is unmounted at the end."""
    places = Places(machine.run_dir, machine.storage)

    def build(bundle, text):
        places.make(bundle.id)
        made = volumes.build(bundle, lxcconf.parse(text), places)
        places.point(bundle.container.name, bundle.id)
        return made

    yield build
    places.remove_all()


def test_the_layers_are_the_image_and_a_writable_one_of_this_boot(build, machine, images):
    made = build(machine.bundle("app.1", images["healthy"]), conf("app"))
    home = machine.run_dir / "instances/app.1"
    assert made.lowers == (home / "volumes/root.squashfs",)
    assert made.upper == home / "boot/lxc-overlay/upper"
    assert made.claims == frozenset()
    assert os.path.ismount(home / "boot")
    made.mount_root()
    made.mount_root()
    assert (made.rootfs / "sbin/init").exists()
    made.unmount_root()
    made.unmount_root()


def test_a_configuration_is_the_upper_most_lower_layer(build, machine, images):
    bundle = machine.bundle("app.1", images["healthy"])
    (bundle.trail / "_config/app").mkdir(parents=True)
    made = build(bundle, conf("app"))
    assert made.lowers[0] == bundle.trail / "_config/app"


def test_without_a_conf_a_patch_lies_above_the_root(build, machine, images):
    bundle = machine.bundle("app.1", images["healthy"], volumes=("root.ovl.squashfs",))
    patch = images.script("", files={"etc/patch": "patch"})
    (bundle.trail / "app/root.ovl.squashfs").hardlink_to(patch)
    made = build(bundle, "")
    assert [layer.name for layer in made.lowers] == ["root.ovl.squashfs", "root.squashfs"]


def test_a_container_without_any_root_is_refused(build, machine, images):
    bundle = machine.bundle("app.1", images["healthy"], root_volume=None)
    with pytest.raises(RuntimeFailed, match="app has neither a root-volume nor"):
        build(bundle, "")


def test_what_lasts_is_claimed(build, machine, images):
    storage = (
        Storage("lxc-overlay", Persistence.PERMANENT),
        Storage("dockerovl--p", Persistence.REVISION),
        Storage("docker--data", Persistence.PERMANENT),
    )
    extra = (
        "lxc.mount.entry = /volumes/app/docker--data data none bind 0 0\n"
        "lxc.mount.entry = p p overlay upperdir=/volumes/app/dockerovl--p/upper,"
        "workdir=/volumes/app/dockerovl--p/work 0 0\n"
        "lxc.net.0.type = veth\n"
    )
    bundle = machine.bundle("app.1", images["healthy"], storage=storage)
    made = build(bundle, conf("app", extra=extra))
    disks = machine.storage / "disks"
    assert made.claims == {
        str(disks / "perm/app/lxc-overlay/upper"),
        str(disks / "rev/1/app/dockerovl--p/upper"),
        str(disks / "rev/1/app/dockerovl--p/work"),
        "network of app",
    }
    assert (disks / "rev/1/app/dockerovl--p/upper").is_dir()


def test_storage_that_only_the_conf_names_lasts_as_long_as_the_instance(build, machine, images):
    extra = "lxc.mount.entry = /volumes/app/docker--tmp tmp none bind,create=dir 0 0\n"
    made = build(machine.bundle("app.1", images["healthy"]), conf("app", extra=extra))
    place = made.table["/volumes/app/docker--tmp"]
    assert place == str(made.home / "boot/docker--tmp")
    assert os.path.isdir(place)


def test_an_image_of_another_container_is_mounted_for_each_that_names_it(build, machine, images):
    lay(machine.trail("1"), "base", images["healthy"])
    extra = "lxc.mount.entry = /volumes/base/root.squashfs/etc x none bind 0 0\n"
    made = build(machine.bundle("app.1", images["missing"]), conf("app", extra=extra))
    assert made.table["/volumes/base/root.squashfs"] == str(made.home / "others/base/root.squashfs")
    assert os.path.ismount(made.home / "others/base/root.squashfs")


def test_storage_of_another_container_is_where_that_has_it(build, machine, images):
    storage = (Storage("docker--data", Persistence.PERMANENT),)
    store = machine.bundle(
        "store.1", images["missing"], goal=Goal.MOUNTED, config=None, storage=storage
    )
    extra = "lxc.mount.entry = /volumes/store/docker--data x none bind 0 0\n"
    bundle = machine.bundle("app.1", images["healthy"])
    with pytest.raises(RuntimeFailed, match="app needs /volumes/store/docker--data"):
        build(bundle, conf("app", extra=extra))
    build(store, "")
    made = build(bundle, conf("app", extra=extra))
    place = made.table["/volumes/store/docker--data"]
    assert place == str(machine.storage / "disks/perm/store/docker--data")


DATA = (Storage("data", Persistence.PERMANENT),)


@pytest.fixture
def data(machine):
    """Storage that the container has filled before."""
    place = machine.storage / "disks/perm/app/data"
    place.mkdir(parents=True)
    (machine.directory / "host").mkdir()
    yield place
    assert not list((machine.directory / "host").iterdir())


def test_no_layer_is_made_through_a_link_in_storage(build, machine, images, data):
    (data / "ovl").symlink_to(machine.directory / "host")
    extra = (
        "lxc.mount.entry = p p overlay upperdir=/volumes/app/data/ovl/upper,"
        "workdir=/volumes/app/data/ovl/work 0 0\n"
    )
    bundle = machine.bundle("app.1", images["healthy"], storage=DATA)
    with pytest.raises(RuntimeFailed, match='"ovl" is a link'):
        build(bundle, conf("app", extra=extra))


def test_no_root_is_mounted_through_a_link_in_storage(build, machine, images, data):
    """Made by the life before: it is looked at before each."""
    bundle = machine.bundle("app.1", images["healthy"], storage=DATA)
    text = "lxc.rootfs.path = overlayfs:/volumes/app/root.squashfs:/volumes/app/data/ovl/upper\n"
    made = build(bundle, text)
    made.mount_root()
    made.unmount_root()
    for name in ("upper", "work/work", "work"):
        (data / "ovl" / name).rmdir()
    (data / "ovl").rmdir()
    (data / "ovl").symlink_to(machine.directory / "host")
    with pytest.raises(RuntimeFailed, match="through a link"):
        made.mount_root()


def test_a_bind_source_must_not_lead_out_of_storage(build, machine, images, data):
    (data / "sub").mkdir()
    (data / "inside").symlink_to("sub")
    extra = "lxc.mount.entry = /volumes/app/data/{} x none bind,optional 0 0\n"
    bundle = machine.bundle("app.1", images["healthy"], storage=DATA)
    made = build(bundle, conf("app", extra=extra.format("inside") + extra.format("sub")))
    (data / "sub").rmdir()
    (data / "sub").symlink_to(machine.directory / "host")
    with pytest.raises(RuntimeFailed, match=r"data/(sub|inside) leads out of .*data through"):
        made.check()
    with pytest.raises(RuntimeFailed, match="leads out"):
        build(bundle, conf("app", extra=extra.format("sub")))


def test_exports_must_not_lead_out_either(build, machine, images):
    (machine.run_dir / "exports").mkdir()
    (machine.run_dir / "exports/x").symlink_to("/etc")
    extra = "lxc.mount.entry = /exports/x x none bind 0 0\n"
    with pytest.raises(RuntimeFailed, match=r"leads out of .*exports"):
        build(machine.bundle("app.1", images["healthy"]), conf("app", extra=extra))


def test_what_a_container_passes_off_as_storage_is_refused(build, machine, images):
    bundle = machine.bundle("store.1", images["missing"], goal=Goal.MOUNTED, config=None)
    made = build(bundle, "")
    (made.home / "volumes/false").symlink_to("/etc")
    extra = "lxc.mount.entry = /volumes/store/false x none bind 0 0\n"
    with pytest.raises(RuntimeFailed, match="/volumes/store/false leads out through a link"):
        build(machine.bundle("app.1", images["healthy"]), conf("app", extra=extra))


def test_the_devices_own_places_are_known(build, machine, images):
    table = build(machine.bundle("app.1", images["healthy"]), conf("app")).table
    assert table["/configs"] == str(machine.trail("1") / "_config")
    assert table["/storage"] == str(machine.storage)
    assert os.path.isdir(table["/exports"])
