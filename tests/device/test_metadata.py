"""Facts under the reference's names, and what was set survives."""

import errno
import itertools
import json
from pathlib import Path

import pytest

from surefoot.device.machine_facts import Machine
from surefoot.device.metadata import OWN_KEYS, AgentFacts, DeviceMeta, MetaStore
from surefoot.errors import Conflict, InvalidInput, NoRoom, NotFound
from surefoot.files import durable
from surefoot.files.cuts import every_cut

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data/device/reference-answers.json").read_text()
)["device-meta"]


@pytest.fixture
def store(tmp_path):
    return MetaStore(tmp_path / "meta", "User meta")


@pytest.fixture
def device(tmp_path):
    return DeviceMeta(MetaStore(tmp_path / "devmeta", "Device meta"), Machine(tmp_path, 5))


def shape(value):
    """Names, nesting and types."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value)


def test_device_metadata_has_the_references_names_nesting_and_types(device):
    """samples/socket.json, GET /device-meta; interfaces are this machine's own."""
    ours, theirs = device.all(AgentFacts("READY", "0")), dict(REFERENCE)
    assert list(ours) == list(theirs)
    assert ours.pop("interfaces")["lo.ipv4"] == theirs.pop("interfaces")["lo.ipv4"]
    assert shape(ours) == shape(theirs)


def test_what_the_agent_says_is_what_is_served(device):
    meta = device.all(AgentFacts("MOUNTED", "locals/x", is_remote=True, is_claimed=True))
    assert meta["pantavisor.status"] == "MOUNTED"
    assert meta["pantavisor.revision"] == "locals/x"
    assert (meta["pantavisor.mode"], meta["pantahub.claimed"]) == ("remote", "1")


def test_the_link_is_told_of_in_remote_mode_only(device):
    """hub-wire 3.4: `pantahub.state` in the reference's words."""
    assert "pantahub.state" not in device.all(AgentFacts("READY", "0", link="init"))
    remote = device.all(AgentFacts("READY", "0", is_remote=True, is_online=True, link="idle"))
    assert (remote["pantahub.state"], remote["pantahub.online"]) == ("idle", "1")


def test_what_is_set_comes_after_the_facts_and_never_over_them(tmp_path, device):
    """R22: neither status nor revision is served from before a reboot."""
    device.put("dk", "1")
    (tmp_path / "devmeta/pantavisor.status").write_text("READY")
    again = DeviceMeta(MetaStore(tmp_path / "devmeta", "Device meta"), Machine(tmp_path, 5))
    meta = again.all(AgentFacts("STARTED", "3"))
    assert meta["pantavisor.status"] == "STARTED"
    assert list(meta)[-1] == "dk"
    assert meta["dk"] == "1"


def test_the_agents_own_keys_cannot_be_set(device):
    remote = AgentFacts("READY", "0", is_remote=True, link="idle")
    assert set(device.all(remote)) | {"pantahub.address"} == OWN_KEYS  # that one only the Hub sees
    for key in OWN_KEYS:
        with pytest.raises(Conflict):
            device.put(key, "x")


def test_each_key_is_a_file_that_holds_its_bytes(tmp_path, store):
    store.put("k.x", "v w")
    assert (tmp_path / "meta/k.x").read_bytes() == b"v w"
    assert store.all() == {"k.x": "v w"}


def test_what_was_set_is_there_after_a_restart(tmp_path, store):
    store.put("a", "1")
    store.put("b", "ü\n")
    store.delete("a")
    (tmp_path / f"meta/c.1234{durable.TEMPORARY}").write_text("half")
    assert MetaStore(tmp_path / "meta", "User meta").all() == {"b": "ü\n"}
    assert [path.name for path in (tmp_path / "meta").iterdir()] == ["b"]


@pytest.mark.parametrize("what", ["User meta", "Device meta"])
def test_a_key_that_is_not_set_cannot_be_deleted(tmp_path, what):
    with pytest.raises(NotFound, match=f"^{what} does not exist$"):
        MetaStore(tmp_path / "m", what).delete("k")


@pytest.mark.parametrize(
    "key",
    [
        *("", ".", "..", "a/b", "../x", "a\0b", "a\nb", "\x1b[2J", "k" * 161, "ü" * 81),
        *("x.surefoot-tmp", "\udc80"),
    ],
    ids=ascii,
)
def test_keys_that_are_no_file_names_are_refused(tmp_path, store, key):
    with pytest.raises(InvalidInput):
        store.put(key, "v")
    assert list((tmp_path / "meta").iterdir()) == []


def test_the_longest_key_and_value_are_kept(store):
    store.put("k" * 160, "v" * 65536)
    with pytest.raises(InvalidInput, match="longer than 65536"):
        store.put("k", "v" * 65537)
    with pytest.raises(InvalidInput, match="not text"):
        store.put("k", "\ud800")


def test_a_key_like_a_dot_file_is_a_key(tmp_path, store):
    store.put(".hidden", "1")
    assert MetaStore(tmp_path / "meta", "User meta").all() == {".hidden": "1"}


def test_the_number_of_keys_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("surefoot.device.metadata.KEYS_MAX", 3)
    store = MetaStore(tmp_path / "m", "User meta")
    for number in range(3):
        store.put(str(number), "")
    with pytest.raises(NoRoom):
        store.put("4", "")
    store.put("1", "changed")


def test_the_hubs_metadata_replaces_what_was_there(tmp_path, store):
    store.put("old", "1")
    store.put("same", "2")
    assert store.replace({"same": "2", "new": "3", "../bad": "4"})
    assert store.all() == {"same": "2", "new": "3"}
    assert MetaStore(tmp_path / "meta", "User meta").all() == {"same": "2", "new": "3"}


def test_the_hubs_metadata_changes_nothing_when_it_is_what_is_there_already(store):
    """It is asked for every few seconds."""
    store.put("same", "2")
    written = []
    with durable.observe(written.append):
        assert not store.replace({"same": "2", "../bad": "4"})
    assert written == []


def test_what_of_the_hubs_cannot_be_kept_is_said_once(store, caplog):
    for _ in range(3):
        store.replace({"../bad": "4", "good": "1"})
    assert caplog.text.count("Metadata is left out") == 1
    store.replace({"good": "1"})
    store.replace({"../bad": "4", "good": "1"})
    assert caplog.text.count("Metadata is left out") == 2


def test_more_keys_of_the_hubs_than_fit_hold_up_no_other(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("surefoot.device.metadata.KEYS_MAX", 3)
    store = MetaStore(tmp_path / "m", "User meta")
    assert store.replace({str(number): "x" for number in range(5)})
    assert store.all() == {"0": "x", "1": "x", "2": "x"}
    assert caplog.text.count("User meta has 3 keys") == 2
    assert store.replace({"4": "x"})
    assert store.all() == {"4": "x"}


def full_disk(step):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_refuses_a_value_and_keeps_the_old_one(tmp_path, store):
    store.put("k", "old")
    with durable.observe(full_disk), pytest.raises(NoRoom):
        store.put("k", "new")
    assert store.all() == {"k": "old"}
    assert MetaStore(tmp_path / "meta", "User meta").all() == {"k": "old"}


def test_a_full_disk_is_no_reason_not_to_start(tmp_path):
    """peers 3: balena-supervisor#674, meta-balena#2130."""
    with durable.observe(full_disk):
        assert MetaStore(tmp_path / "new", "User meta").all() == {}


def test_a_power_cut_leaves_the_old_value_or_the_new_one(tmp_path):
    """peers 3: mcuboot#1966: cut at every step, and at every byte of what is written."""
    seen = []
    for place, is_whole in every_cut(
        (tmp_path / str(n) for n in itertools.count()),
        prepare=lambda place: MetaStore(place, "User meta").put("k", "old"),
        work=lambda place: MetaStore(place, "User meta").put("k", "new"),
        part=1,
    ):
        again = MetaStore(place, "User meta").all()
        seen.append(again)
        assert again == {"k": "new"} if is_whole else again in ({"k": "old"}, {"k": "new"})
    assert len(seen) > len("new")


def test_files_that_are_no_values_are_left_alone(tmp_path):
    (tmp_path / "m/folder").mkdir(parents=True)
    (tmp_path / "m/large").write_bytes(b"x" * 70_000)
    assert MetaStore(tmp_path / "m", "User meta").all() == {}
    assert (tmp_path / "m/large").exists()
