"""Where a runtime keeps the things of its instances."""

import pytest

from surefoot.boot.protocol import RUN_PLACES
from surefoot.device.runtimes.places import Places
from surefoot.revision import Persistence


@pytest.fixture
def places(machine):
    return Places(machine.run_dir, machine.storage)


@pytest.mark.parametrize(
    ("persistence", "place"),
    [
        (Persistence.PERMANENT, "storage/disks/perm/app/x"),
        (Persistence.REVISION, "storage/disks/rev/locals%2Fa/app/x"),
        (Persistence.BOOT, "run/instances/app.1/boot/x"),
    ],
)
def test_storage_lies_by_its_persistence(machine, places, persistence, place):
    bundle = machine.bundle("app.1", revision="locals/a")
    assert places.stored(bundle, "x", persistence) == machine.directory / place


def test_a_home_is_made_anew_and_removed(places):
    home = places.make("app.1")
    (home / "left").touch()
    (home / "link").symlink_to(places.storage)
    assert list(places.make("app.1").iterdir()) == [home / "volumes"]
    places.remove("app.1")
    places.remove("app.1")
    assert not home.exists()
    assert places.storage.exists()


def test_the_newest_instance_shows_the_volumes_of_its_container(places):
    for instance in ("app.1", "app.2"):
        places.make(instance)
        places.point("app", instance)
    assert (places.volumes / "app").readlink() == places.home("app.2") / "volumes"
    places.point("app", None)
    places.point("app", None)
    assert not (places.volumes / "app").exists()


def test_every_place_below_run_is_one_that_a_sweep_knows(machine, places):
    ours = {machine.run_dir / name for name in RUN_PLACES}
    assert {places.homes, places.volumes, places.exports, places.lxc} < ours


def test_what_others_keep_below_run_stays(machine, places):
    """RUN may be /run, where LXC has a directory of its own."""
    for name in ("lxc", "probe", "lock"):
        (machine.run_dir / name).mkdir()
    places.make("app.1")
    places.lxc.mkdir()
    places.remove_all()
    assert {left.name for left in machine.run_dir.iterdir()} == {"lxc", "probe", "lock"}


def test_nothing_is_left_of_all_instances(machine, places):
    places.make("app.1")
    places.remove_all()
    assert not list(machine.run_dir.iterdir())
