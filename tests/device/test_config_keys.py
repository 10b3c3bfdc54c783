"""The table of configuration keys: kinds, names, levels."""

import json
from pathlib import Path

import pytest

from surefoot.device import config_keys
from surefoot.device.config_keys import KEYS, SIZE, Size, find

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data/device/reference-answers.json").read_text()
)


def test_every_default_is_a_value_of_its_kind():
    for key in KEYS.values():
        key.kind.read(key.default)


def test_no_key_stands_twice_and_none_shares_its_flat_name():
    assert len(KEYS) == len(config_keys.ROWS)
    assert len({key.flat for key in KEYS.values()}) == len(KEYS)


def test_levels_are_letters_of_the_table():
    assert all(set(key.levels) <= set("vhpoeum") for key in KEYS.values())


def test_every_key_that_the_reference_shows_is_known():
    for entry in REFERENCE["config2"]:
        assert find(entry["key"]), entry


def test_keys_are_found_however_they_are_capitalised():
    assert find("pv_Log_level") is KEYS["PV_LOG_LEVEL"]
    assert find("PV_LOG_LEVELS") is None


def test_members_of_a_family_are_accepted_as_text():
    key = find("pv_sysctl_kernel_core_uses_pid")
    assert key is not None
    assert (key.name, key.kind) == ("PV_SYSCTL_KERNEL_CORE_USES_PID", config_keys.TEXT)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", Size(0)),
        ("16777216", Size(16777216)),
        ("5B", Size(5)),
        ("5k", Size(5 * 1024)),
        ("5 KB", Size(5 * 1024)),
        ("3M", Size(3 * 1024**2)),
        ("3mb", Size(3 * 1024**2)),
        ("2G", Size(2 * 1024**3)),
        ("1TB", Size(1024**4)),
        ("10%", Size(10, is_percent=True)),
        ("9999999999999999999T", Size(2**63 - 1)),
    ],
)
def test_sizes_take_suffixes_and_percent(text, size):
    assert SIZE.read(text) == size


@pytest.mark.parametrize("text", ["", "-1", "K", "1.5M", "5X", "101%", "0x10", "٣", "1_000", "5%B"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - it carries no text: the caller has all the words
        SIZE.read(text)


def test_a_percentage_is_taken_of_what_the_reader_names():
    assert Size(10, is_percent=True).bytes_of(5000) == 500
    assert Size(10).bytes_of(5000) == 10


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (config_keys.FLAG, ["0", "1"], ["", "2", "true", "01"]),
        (config_keys.PORT, ["1", "65535"], ["0", "65536", "http", "-1", "１"]),
        (config_keys.LOG_LEVEL, ["0", "5"], ["6", "-1", "INFO"]),
        (config_keys.PERCENT, ["0", "100"], ["101", "5%"]),
        (config_keys.POSITIVE, ["1", "007"], ["0", "1e3", " 1"]),
        (config_keys.SECONDS, ["0", "2147483647"], ["2147483648", "1.5", "99999999999999999999"]),
        (config_keys.BOOTLOADER, ["uboot", "GRUB"], ["lilo", ""]),
        (config_keys.PATH, ["/x", "x"], ["", "a\0b"]),
    ],
)
def test_kinds_take_what_they_say_and_nothing_else(kind, good, bad):
    for text in good:
        kind.read(text)
    for text in bad:
        with pytest.raises(ValueError):  # noqa: PT011
            kind.read(text)


@pytest.mark.parametrize(
    ("older", "name"),
    [
        ("creds.host", "PH_CREDS_HOST"),
        ("Creds.Proxy.Host", "PH_CREDS_PROXY_HOST"),
        ("factory.autotok", "PH_FACTORY_AUTOTOK"),
        ("updater.interval", "PH_UPDATER_INTERVAL"),
    ],
)
def test_older_files_spell_the_hubs_keys_with_dots(older, name):
    """hub-wire 3.3, 12: a device that comes from the reference stays the one that it is."""
    assert find(older) is KEYS[name]
    assert find("creds.unheard-of") is None


@pytest.mark.parametrize(
    ("text", "mask"), [("filetree", 4), ("filetree,update", 132), ("132", 132), ("nonsense", 0)]
)
def test_log_outputs_show_as_the_references_bits(text, mask):
    assert config_keys.OUTPUTS.flat(text) == mask


def test_a_key_that_the_device_is_said_to_use_is_read_by_some_module():
    """Setting any other one is told as not used here (config.md)."""
    source = Path(config_keys.__file__).parents[1]
    texts = [place.read_text() for place in source.rglob("*.py")]
    readers = "".join(text for text in texts if text != Path(config_keys.__file__).read_text())
    used = [key.name for key in KEYS.values() if key.used_by == config_keys.DEVICE]
    assert [name for name in used if f'"{name}"' not in readers] == []
