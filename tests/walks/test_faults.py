"""Bad input and faults on real devices: always a clear error, nothing committed lost, and the end
is a revision that runs, with a record that says so (issue 4 "Bad input and faults")."""

import hashlib
import threading

import pytest

from surefoot.client.checkout import open_source
from surefoot.client.unix import connect
from surefoot.errors import Corrupt, InvalidInput, NotFound
from surefoot.lab.checkouts import Part
from surefoot.lab.images import SCRIPTS, Image
from surefoot.wire.progress import Status

FACTORY = {"base": "healthy-base-1", "app": "healthy-app-1"}
GOOD = Part(Image("healthy", "app-2"))
NEW_BASE = Part(Image("healthy", "base-2"), "root")
MORE_SCRIPTS = {
    "ignores": "trap '' PWR TERM\necho started\nwhile :; do sleep 3600 & wait \"$!\"; done\n",
    "forks-and-dies": "echo started\n( sleep 3600 & ) </dev/null >/dev/null 2>&1\nexit 0\n",
}
VALIDATION = "Object validation went wrong"


@pytest.fixture(autouse=True)
def more_images(monkeypatch):
    for kind, script in MORE_SCRIPTS.items():
        monkeypatch.setitem(SCRIPTS, kind, script)


def in_words(progress):
    return progress.status.value, progress.message


def still_as_it_was(walk, pids):
    """Nothing was changed, nothing is armed, and the next update goes through."""
    status = walk.device.at_rest()
    assert (status["running"], status["trying"], status["rollback_point"]) == ("0", None, "0")
    assert walk.device.pids() == pids
    assert walk.update("locals/afterwards", app=GOOD).status is Status.UPDATED


def object_of(walk, revision, path):
    """The place in the pool of a file that the revision names."""
    state = open_source(walk.checkout(revision + "-again", app=GOOD)).state
    return walk.device.storage.objects.path(state.objects[path])


# ---- objects ---------------------------------------------------------------------------------


def test_an_object_with_other_bytes_than_its_name_is_refused_and_not_kept(walk):
    """device.md 7; peers 3: balena-supervisor#1513."""
    sha, pids = hashlib.sha256(b"what it should be").hexdigest(), walk.device.pids()
    with pytest.raises(Corrupt, match=r"^Object has bad checksum$"):
        walk.device.client.put(f"/objects/{sha}", b"what it is")
    assert not walk.device.storage.objects.has(sha)
    assert not list(walk.device.storage.objects.root.glob(f"{sha}*"))
    still_as_it_was(walk, pids)


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_a_bad_object_ends_an_update_before_anything_was_changed(walk, damage):
    """R12: ERROR, nothing to roll back."""
    pids = walk.device.pids()
    walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
    place = object_of(walk, "locals/x", "app/root.squashfs")
    place.unlink()
    if damage == "other bytes":
        place.write_bytes(b"rotten")
    progress = walk.device.update_by_name("locals/x")
    assert in_words(progress) == ("ERROR", VALIDATION)
    assert place.name in progress.logs
    still_as_it_was(walk, pids)


@pytest.mark.parametrize("damage", ["gone", "other bytes"])
def test_a_done_revision_with_a_bad_object_stays_up_without_it_until_it_is_sent_again(walk, damage):
    """R12; peers 3: greenboot#26: broken data is never a reason to go in circles."""
    data = break_app(walk, damage)
    for _ in range(2):  # booting again changes nothing
        walk.device.start()
        status = walk.device.until(lambda: base_runs(walk), "the healthy container")
        assert (status["running"], status["rollback_point"], status["trying"]) == ("0", "0", None)
        assert status["status"] != "READY"
        (app,) = [one for one in status["containers"] if one["name"] == "app"]
        assert (app["status"], app["pid"]) == ("STOPPED", None)
        assert "app/root.squashfs" in app["cause"]
        assert in_words(walk.device.progress("0")) == ("DONE", "Factory revision")
        walk.device.power_cut()
    walk.device.start()
    base = walk.device.until(lambda: base_runs(walk), "the healthy container")["containers"]
    walk.device.client.put(f"/objects/{hashlib.sha256(data).hexdigest()}", data)
    walk.device.at_rest()
    assert walk.device.versions() == FACTORY
    assert walk.device.pids()["base"] in [one["pid"] for one in base]
    assert walk.device.output.read_text().count("asks for a reboot") == 0


def break_app(walk, damage):
    """Stops the device and damages an image that it runs from; the right bytes."""
    walk.device.stop()
    place = walk.device.storage.trail("0") / "app/root.squashfs"
    data = place.read_bytes()
    if damage == "other bytes":
        place.write_bytes(b"rotten")  # the object as well: they are one file
    else:
        walk.device.storage.objects.path(hashlib.sha256(data).hexdigest()).unlink()
        place.unlink()
    return data


def base_runs(walk):
    status = walk.device.status()
    up = [one["name"] for one in status.get("containers", ()) if one["pid"]]
    return status if up == ["base"] else None


def test_an_object_that_goes_bad_before_its_revision_is_tried_is_rolled_back(walk):
    """R12, last column."""
    walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
    walk.device.client.command("LOCAL_APPLY", "locals/x")
    walk.device.until(lambda: walk.device.status().get("staged"), "the staged revision")
    (walk.device.storage.trail("locals/x") / "app/root.squashfs").write_bytes(b"rotten")
    walk.device.client.command("REBOOT_DEVICE", "to try it")
    progress = walk.device.ended("locals/x")
    assert in_words(progress) == ("ERROR", VALIDATION)
    assert "app/root.squashfs" in progress.logs
    assert walk.device.at_rest()["running"] == walk.device.pv_rev() == "0"
    assert walk.device.versions() == FACTORY


# ---- containers ------------------------------------------------------------------------------


def test_a_container_that_ignores_what_asks_it_to_end_is_ended_by_force(walk):
    """device.md 10: lenient, then forced; the update goes on."""
    walk.update("locals/deaf", app=Part(Image("ignores", "app-2")))
    before = walk.device.pids()
    progress = walk.update("locals/x", app=Part(Image("healthy", "app-3")))
    assert progress.status is Status.UPDATED
    assert walk.device.versions()["app"] == "healthy-app-3"
    assert walk.device.pids()["base"] == before["base"]
    assert before["app"] not in walk.device.processes()


def test_a_container_that_forks_and_dies_is_rolled_back_and_leaves_no_process(walk):
    """R11: the end of init is the end of the container, whatever it has left running."""
    before = walk.device.pids()
    count = len(walk.device.processes())
    progress = walk.update("locals/x", app=Part(Image("forks-and-dies", "app-2")))
    assert in_words(progress) == ("ERROR", "A container could not be started")
    assert walk.device.at_rest()["running"] == "0"
    assert walk.device.versions() == FACTORY
    assert walk.device.pids()["base"] == before["base"]
    walk.device.until(lambda: len(walk.device.processes()) == count, "its processes to be gone")


# ---- clients ---------------------------------------------------------------------------------


def test_two_installs_at_once_both_arrive_and_one_goes_first(walk):
    """R13: one command at a time; the other is told to come again."""
    names = {"locals/a": GOOD, "locals/b": Part(Image("healthy", "app-3"))}
    checkouts = {name: walk.checkout(name, app=part) for name, part in names.items()}
    answers = at_once(lambda name: walk.device.install(checkouts[name], name), names)
    assert answers == {"locals/a": None, "locals/b": None}
    accepted = at_once(lambda name: walk.device.try_command("LOCAL_RUN", name), names)
    assert sorted(accepted.values()) == [False, True]
    (first,) = [name for name, yes in accepted.items() if yes]
    (second,) = names.keys() - {first}
    assert walk.device.ended(first).status is Status.UPDATED
    assert walk.device.update_by_name(second).status is Status.UPDATED
    assert walk.device.versions()["app"] == names[second].image.name


def test_two_installs_of_one_revision_at_once_are_one(walk):
    checkout = walk.checkout("locals/a", app=GOOD)
    threads = dict.fromkeys("12")
    at_once(lambda _: walk.device.install(checkout, "locals/a"), threads)
    assert walk.device.update_by_name("locals/a").status is Status.UPDATED
    assert not list(walk.device.storage.objects.root.glob("*.surefoot-tmp"))


def at_once(work, names):
    """What `work` gave for each name, all begun together."""
    answers, gate = {}, threading.Barrier(len(names))

    def one(name):
        gate.wait()
        answers[name] = work(name)

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


HOSTILE = (
    *("..", "../0", "../../boot", "a/b", "a/../b", "", ".", "-rf", "x" * 64, "x" * 5000),
    *("a%00b", "..%2f..%2fboot", "%2e%2e%2fboot", "a\\b", ".hidden", "a#b", "é", "a b", "a\tb"),
    *(".pv", "x.surefoot-tmp", "x.surefoot-next"),
)


def test_hostile_names_of_steps_are_refused_and_touch_nothing(walk):
    """device.md 7: under 64 characters, no further slash; names are not URL-decoded."""
    walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
    text = walk.device.client.get_bytes("/steps/locals/x")
    before = below(walk.device.storage.root)
    for name in HOSTILE:
        assert put(walk, f"/steps/locals/{name}", text) in (400, 501), name
        assert below(walk.device.storage.root) == before, name
    for name in ("locals/..", "../0", "0/../0", "locals/" + "x" * 200, "\0", "locals/\n"):
        with pytest.raises((InvalidInput, NotFound)):
            walk.device.client.command("LOCAL_RUN", name)
    assert below(walk.device.storage.root) == before
    assert walk.device.at_rest()["running"] == "0"


def put(walk, target, body):
    """As it stands, byte for byte: a polite client would refuse most of these targets itself."""
    head = f"PUT {target} HTTP/1.0\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    with connect(walk.device.client.path, 30) as wire:
        wire.sendall(head.encode() + body)
        return int(wire.makefile("rb").readline().split()[1])


def below(root):
    """Every name in the storage but those of logs, which grow by themselves."""
    return {path for path in root.rglob("*") if path.relative_to(root).parts[0] != "logs"}


# ---- records ---------------------------------------------------------------------------------


@pytest.mark.parametrize("garbage", [b"", b"\0" * 512, b'{"status":"DO'])
def test_corrupted_records_lose_nothing_that_runs(walk, garbage):
    """R9: an unreadable record of the rollback point is a commit that was cut."""
    walk.update("locals/x", app=GOOD)
    walk.device.install(walk.checkout("locals/y", base=NEW_BASE), "locals/y")
    for name in ("0", "locals/x", "locals/y"):
        (walk.device.storage.trail(name) / ".pv/progress").write_bytes(garbage)
    walk.device.power_cut()
    walk.device.start()
    assert walk.device.at_rest()["running"] == "locals/x"
    assert walk.device.ended("locals/x").status is Status.DONE
    assert walk.device.versions() == {**FACTORY, "app": "healthy-app-2"}
