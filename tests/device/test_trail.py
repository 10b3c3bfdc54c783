import os
from decimal import Decimal
from pathlib import Path

import pytest

from surefoot.device.storage import Storage
from surefoot.device.trail import Problem
from surefoot.errors import Corrupt, NoRoom, NotFound
from surefoot.files.cuts import every_cut
from surefoot.files.steps import TEMPORARY, Step, observe
from surefoot.revision import State, parse
from tests.device.revisions import (
    APP,
    BASE,
    CONF,
    KERNEL,
    installed,
    leftovers,
    put,
    sha,
    snapshot,
    spoil,
    stored,
    swap,
    text,
)
from tests.files.discipline import check
from tests.files.disks import FullAt, places, skip_syncs

REV = "locals/one"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_syncs(monkeypatch)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "storage")
    storage.recover()
    return storage


def test_objects_are_links_and_inline_jsons_are_files(storage: Storage) -> None:
    installed(storage, REV)
    trail = storage.trail(REV)
    for path, body in {
        "bsp/kernel.img": KERNEL,
        "bsp/pantavisor": KERNEL,
        "app/root.squashfs": APP,
        "README": CONF,
        "_config/app/etc/app.conf": CONF,
    }.items():
        assert (trail / path).samefile(storage.objects.path(sha(body)))
    assert (trail / "_config/app/etc/app.json").read_text() == '{"rate":1.5E0}'
    assert storage.objects.links(sha(KERNEL)) == 3


def test_an_installed_trail_is_sound(storage: Storage) -> None:
    assert storage.verify(REV, installed(storage, REV)) == []


def test_an_object_that_is_not_here_is_named(storage: Storage) -> None:
    state = stored(storage, REV)
    storage.objects.remove(sha(APP))
    with pytest.raises(NotFound, match=f"{sha(APP)} of app/root.squashfs"):
        storage.install(REV, state)


def test_an_object_with_wrong_bytes_is_never_linked(storage: Storage) -> None:
    """R12: an object with wrong bytes."""
    state = stored(storage, REV)
    spoil(storage.objects.path(sha(APP)))
    with pytest.raises(Corrupt, match=f"{sha(APP)} of app/root.squashfs has other bytes"):
        storage.install(REV, state)
    assert not (storage.trail(REV) / "app/root.squashfs").exists()


def test_a_revision_that_is_not_stored_cannot_be_installed(storage: Storage) -> None:
    with pytest.raises(NotFound, match="locals/gone is not stored"):
        storage.install("locals/gone", parse(text()))
    assert not storage.trail("locals/gone").exists()


def before_install(root: Path) -> None:
    stored(Storage(root), REV)


def install(root: Path) -> None:
    Storage(root).install(REV, parse(text()))


def test_an_install_that_was_cut_is_completed_by_doing_it_again(tmp_path: Path) -> None:
    cuts = 0
    for place, ended in every_cut(places(tmp_path), before_install, install):
        storage = Storage(place)
        storage.recover()
        sick = {problem.what for problem in storage.verify(REV, parse(text()))}
        assert sick <= {"is missing"}
        assert not ended or not sick
        storage.install(REV, parse(text()))
        assert storage.verify(REV, parse(text())) == []
        assert not leftovers(place)
        cuts += 1
    assert cuts > 30


def test_installing_twice_changes_nothing(storage: Storage) -> None:
    state = installed(storage, REV)
    before = snapshot(storage.root)
    inode = (storage.trail(REV) / "app/run.json").stat().st_ino
    storage.install(REV, state)
    assert snapshot(storage.root) == before
    assert (storage.trail(REV) / "app/run.json").stat().st_ino == inode


@pytest.mark.parametrize("times", [1, 2])
def test_nothing_is_left_to_be_synced_after_an_install(storage: Storage, times: int) -> None:
    state = stored(storage, REV)
    seen: list[Step] = []
    for _ in range(times):
        seen.clear()
        with observe(seen.append):
            storage.install(REV, state)
    check(seen)
    synced = {step.path for step in seen if step.kind == "sync-dir"}
    trail = storage.trail(REV)
    assert synced >= {trail, trail / "app", trail / "_config", trail / "_config" / "app" / "etc"}


def test_on_a_full_disk_an_install_fails_and_can_be_repeated(tmp_path: Path) -> None:
    for number, place in enumerate(places(tmp_path)):
        before_install(place)
        full = FullAt(number)
        with observe(full):
            try:
                install(place)
            except NoRoom:
                problems = Storage(place).verify(REV, parse(text()))
                assert {problem.what for problem in problems} <= {"is missing"}
        install(place)
        assert Storage(place).verify(REV, parse(text())) == []
        if not full.met:
            return


def test_leftovers_never_stay_in_a_layer_of_a_container(storage: Storage) -> None:
    state = stored(storage, REV)
    layer = storage.trail(REV) / "_config/app/etc"
    layer.mkdir(parents=True)
    (layer / f"app.json.1{TEMPORARY}").write_text("half")
    storage.install(REV, state)
    assert sorted(os.listdir(layer)) == ["app.conf", "app.json"]


def problems(storage: Storage, state: State) -> list[Problem]:
    return sorted(storage.verify(REV, state), key=lambda problem: problem.path)


def test_the_links_of_the_trail_are_verified_not_the_pool(storage: Storage) -> None:
    """Somebody replaced the file that the container uses; the pool is sound."""
    state = installed(storage, REV)
    swap(storage.trail(REV) / "app/root.squashfs")
    assert storage.objects.verify(sha(APP))
    assert problems(storage, state) == [
        Problem("app/root.squashfs", "app", f"has other bytes than its object {sha(APP)}")
    ]


def test_a_sound_link_is_sound_whatever_the_pool_holds(storage: Storage) -> None:
    state = installed(storage, REV)
    swap(storage.objects.path(sha(APP)))
    assert problems(storage, state) == []


def test_every_file_that_is_sick_is_named_with_its_container(storage: Storage) -> None:
    """R12: containers with bad files stay down, the others run."""
    state = installed(storage, REV)
    trail = storage.trail(REV)
    spoil(trail / "_config/app/etc/app.conf")  # and all other links to that object
    (trail / "base/root.squashfs").unlink()
    (trail / "app/run.json").write_text("{")
    (trail / "_config/app/etc/app.json").write_text('{"rate": 2}')
    (trail / "base/run.json").unlink()
    (trail / "bsp/pantavisor").unlink()
    os.mkfifo(trail / "bsp/pantavisor")
    found = {problem.path: problem for problem in storage.verify(REV, state)}
    assert {path: problem.container for path, problem in found.items()} == {
        "README": None,
        "_config/app/etc/app.conf": "app",
        "_config/app/etc/app.json": "app",
        "app/lxc.container.conf": "app",
        "app/run.json": "app",
        "base/lxc.container.conf": "base",
        "base/root.squashfs": "base",
        "base/run.json": "base",
        "bsp/pantavisor": None,
    }
    assert found["base/root.squashfs"].what == found["base/run.json"].what == "is missing"
    assert found["_config/app/etc/app.json"].what == "has another value than the state"
    assert "fault at line 1" in found["app/run.json"].what
    assert "not a plain file" in found["bsp/pantavisor"].what


def test_a_trail_that_is_gone_has_only_missing_files(storage: Storage) -> None:
    state = installed(storage, REV)
    storage.delete_trail(REV)
    assert {problem.what for problem in storage.verify(REV, state)} == {"is missing"}
    assert len(storage.verify(REV, state)) == len(state.objects) + len(state.inline)


def test_inline_jsons_are_compared_by_value(storage: Storage) -> None:
    """device.md 8; white space and the way a number is written never matter."""
    state = installed(storage, REV)
    (storage.trail(REV) / "_config/app/etc/app.json").write_text('{ "rate" : 15e-1 }\n')
    assert state.inline["_config/app/etc/app.json"] == {"rate": Decimal("1.5")}
    assert problems(storage, state) == []


def test_a_link_to_another_file_is_no_file(storage: Storage) -> None:
    state = installed(storage, REV)
    place = storage.trail(REV) / "app/root.squashfs"
    place.unlink()
    place.symlink_to(storage.objects.path(sha(APP)))
    assert [problem.path for problem in problems(storage, state)] == ["app/root.squashfs"]


def test_an_object_under_many_paths_is_hashed_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = installed(storage, REV)
    hashed: list[Path] = []

    def digest(path: Path) -> str:
        hashed.append(path)
        return next(name for name, _ in storage.objects.list() if _same(storage, name, path))

    monkeypatch.setattr("surefoot.device.trail.digest", digest)
    assert storage.verify(REV, state) == []
    assert len(hashed) == len({KERNEL, BASE, APP, CONF})


def _same(storage: Storage, name: str, path: Path) -> bool:
    return storage.objects.path(name).samefile(path)


def test_a_fresh_object_heals_every_trail_that_names_it(storage: Storage) -> None:
    """R12: a fresh PUT of the object heals a sick DONE revision."""
    states = {rev: installed(storage, rev) for rev in (REV, "0")}
    installed(storage, "locals/other", b"other app")
    spoil(storage.objects.path(sha(APP)))
    (storage.trail("0") / "app/root.squashfs").unlink()
    assert all(storage.verify(rev, state) for rev, state in states.items())
    put(storage, APP)
    assert storage.relink(sha(APP)) == ["0", REV]
    assert not any(storage.verify(rev, state) for rev, state in states.items())
    assert storage.objects.links(sha(APP)) == 3


def test_a_healing_that_was_cut_is_completed_by_doing_it_again(tmp_path: Path) -> None:
    def prepare(root: Path) -> None:
        storage = Storage(root)
        installed(storage, REV)
        spoil(storage.objects.path(sha(CONF)))
        put(storage, CONF)

    for place, ended in every_cut(
        places(tmp_path), prepare, lambda p: Storage(p).relink(sha(CONF))
    ):
        storage = Storage(place)
        assert not ended or not storage.verify(REV, parse(text()))
        storage.relink(sha(CONF))
        assert storage.verify(REV, parse(text())) == []


def test_a_revision_with_an_unreadable_state_keeps_no_other_from_being_healed(
    storage: Storage,
) -> None:
    installed(storage, "0")
    installed(storage, REV)
    (storage.trail("0") / ".pvr/json").write_text("{" + sha(APP))
    assert storage.relink(sha(APP)) == [REV]


def test_an_object_that_nobody_names_heals_nobody(storage: Storage) -> None:
    installed(storage, REV)
    put(storage, b"new")
    assert storage.relink(sha(b"new")) == []
    with pytest.raises(NotFound):
        storage.relink(sha(b"gone"))
