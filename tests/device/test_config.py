"""Levels and their order, what cannot be used, and the two answers that clients see."""

import json
from pathlib import Path

import pytest

from surefoot.device.config import Config, Level, Places
from surefoot.device.config_keys import KEYS, Size
from surefoot.errors import InvalidInput

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data/device/reference-answers.json").read_text()
)


@pytest.fixture
def places(tmp_path):
    storage = tmp_path / "storage"
    for folder in (storage / "config", tmp_path / "etc/policies", tmp_path / "trail/acme"):
        folder.mkdir(parents=True)
    return Places(storage, tmp_path / "run", tmp_path / "trail", tmp_path / "etc")


def write(path, text):
    path.write_text(text)
    return path


def said(config):
    return [str(remark) for remark in config.remarks]


def test_without_any_file_all_values_are_defaults(places):
    config = Config.read(places, {})
    assert config.integer("PV_UPDATER_COMMIT_DELAY") == 25
    assert config.flag("PV_SECUREBOOT_CHECKSUM") is True
    assert config.text("PH_CREDS_HOST") == ""
    assert config.size("PV_LOG_DIR_MAXSIZE") == Size(16777216)
    assert config.remarks == ()


def test_there_is_no_default_hub(places):
    assert Config.read(places, {}).config()["creds.host"] is None


LEVELS = [
    (Level.PV_CONF, "pv conf file"),
    (Level.POLICY, "policy"),
    (Level.OEM, "oem config"),
    (Level.CMDLINE, "pv cmdline"),
    (Level.ENV, "env"),
    (Level.META, "metadata"),
]


@pytest.mark.parametrize(("highest", "shown"), LEVELS)
def test_each_level_overrides_those_before_it(places, highest, shown):
    """config.md: where values come from. PV_LOG_HYSTERESIS_FACTOR may be set at these levels."""

    def at(level):
        return f"PV_LOG_HYSTERESIS_FACTOR={10 + level}\n" if level <= highest else ""

    base = "PV_POLICY=field\nPV_OEM_NAME=acme\n"
    write(places.etc / "pantavisor.config", base + at(Level.PV_CONF))
    write(places.etc / "policies/field.config", at(Level.POLICY))
    write(places.trail / "acme/field.config", at(Level.OEM))
    named = {"pv_log_hysteresis_factor": str(10 + Level.ENV)} if at(Level.ENV) else {}
    meta = {"PV_LOG_HYSTERESIS_FACTOR": str(10 + Level.META)} if at(Level.META) else {}
    config = Config.read(places, named, at(Level.CMDLINE).strip().lower(), meta)
    assert config.integer("PV_LOG_HYSTERESIS_FACTOR") == 10 + highest
    assert config.origin("PV_LOG_HYSTERESIS_FACTOR") == shown
    assert config.remarks == ()


def test_the_storages_own_file_goes_before_the_systems(places):
    write(places.etc / "pantavisor.config", "PV_LOG_LEVEL=1\nPV_REVISION_RETRIES=3\n")
    write(places.storage / "config/pantavisor.config", "PV_LOG_LEVEL=2\n")
    config = Config.read(places, {})
    assert (config.integer("PV_LOG_LEVEL"), config.integer("PV_REVISION_RETRIES")) == (2, 3)


def test_credentials_come_from_the_hub_file(places):
    write(places.storage / "config/pantahub.config", "PH_CREDS_ID=abc\nPH_CREDS_HOST=hub.local\n")
    config = Config.read(places, {})
    assert config.text("PH_CREDS_HOST") == "hub.local"
    assert config.origin("PH_CREDS_ID") == "ph conf file"


def test_a_hub_key_on_the_kernel_command_line_is_shown_as_the_reference_does(places):
    config = Config.read(places, {}, 'quiet ph_creds_host=hub.local pv_rev=7 root="a b"')
    assert config.origin("PH_CREDS_HOST") == "ph cmdline"
    assert config.remarks == ()


def test_the_oem_file_without_a_policy_is_default_config(places):
    write(places.storage / "config/pantavisor.config", "PV_OEM_NAME=acme\n")
    write(places.trail / "acme/default.config", "PV_LOG_LEVEL=4\n")
    assert Config.read(places, {}).integer("PV_LOG_LEVEL") == 4


def test_comments_blanks_and_spaces_in_files_are_accepted(places):
    text = "# PV_LOG_LEVEL=5\n\n  pv_log_level = 3 \r\nPV_OEM_NAME=a b=c\n"
    write(places.storage / "config/pantavisor.config", text)
    config = Config.read(places, {})
    assert config.integer("PV_LOG_LEVEL") == 3
    assert config.text("PV_OEM_NAME") == "a b=c"


def test_unknown_keys_and_bad_values_are_remarks_with_file_and_line(places):
    path = write(
        places.storage / "config/pantavisor.config",
        "PV_LOG_LEVELS=3\nPV_LOG_LEVEL=loud\nnonsense\nPV_REVISION_RETRIES=4\n",
    )
    config = Config.read(places, {})
    assert said(config) == [
        f"{path}:3: 'nonsense' is not key=value; it is ignored",
        f"{path}:1: PV_LOG_LEVELS is not a known key; did you mean PV_LOG_LEVEL?",
        f"{path}:2: PV_LOG_LEVEL is 'loud', expected 0 (FATAL) to 5 (ALL); it is ignored",
    ]
    assert config.integer("PV_LOG_LEVEL") == 0
    assert config.integer("PV_REVISION_RETRIES") == 4


def test_a_bad_value_leaves_the_level_below_in_force(places):
    write(places.storage / "config/pantavisor.config", "PV_LOG_LEVEL=2\n")
    config = Config.read(places, {"PV_LOG_LEVEL": "x"})
    assert (config.integer("PV_LOG_LEVEL"), config.origin("PV_LOG_LEVEL")) == (2, "pv conf file")


def test_a_key_that_is_not_used_is_shown_and_said_once(places):
    path = write(places.storage / "config/pantavisor.config", "PV_DEBUG_SHELL=0\n")
    config = Config.read(places, {})
    assert said(config) == [f"{path}:1: PV_DEBUG_SHELL is not used here"]
    entry = {"key": "PV_DEBUG_SHELL", "value": "0", "modified": "pv conf file"}
    assert entry in config.config2()


def test_a_key_at_a_level_that_may_not_set_it_is_a_remark(places):
    config = Config.read(places, {}, "", {"PV_SECUREBOOT_CHECKSUM": "0"})
    assert config.flag("PV_SECUREBOOT_CHECKSUM") is True
    assert said(config) == [
        "user metadata: PV_SECUREBOOT_CHECKSUM cannot be set at this level (metadata)"
    ]


def test_other_variables_and_user_metadata_are_nobodys_business(places):
    config = Config.read(places, {"PATH": "/bin", "pv_rev": "3"}, "", {"my.key": "1"})
    assert config.remarks == ()


@pytest.mark.parametrize("name", ["../etc/shadow", "a/b", ".hidden", "missing"])
def test_a_policy_that_is_no_file_here_is_ignored_with_a_remark(places, name):
    config = Config.read(places, {"PV_POLICY": name})
    assert [remark.where for remark in config.remarks] == ["PV_POLICY"]


def test_files_that_cannot_be_read_stop_nothing(places):
    (places.storage / "config/pantavisor.config").mkdir()
    write(places.storage / "config/pantahub.config", "\0\0\xff" * 50_000)
    config = Config.read(places, {})
    assert config.integer("PV_LOG_LEVEL") == 0
    assert any("is not a file" in line for line in said(config))
    assert any("only its first 65536 bytes" in line for line in said(config))


def test_user_metadata_that_goes_away_no_longer_counts(places):
    config = Config.read(places, {}, "", {"PV_LOG_LEVEL": "5"})
    assert config.integer("PV_LOG_LEVEL") == 5
    assert config.set_user_meta({"PV_LOG_LEVEL": "9"})
    assert config.integer("PV_LOG_LEVEL") == 0
    assert config.set_user_meta({}) == ()
    assert config.remarks == ()


def test_a_command_sets_what_commands_may_set_above_all_else(places):
    config = Config.read(places, {}, "", {"PV_DEBUG_SSH": "1"})
    config.set_command("PV_DEBUG_SSH", "0")
    assert config.flag("PV_DEBUG_SSH") is False
    assert config.origin("PV_DEBUG_SSH") == "command"


@pytest.mark.parametrize(
    ("name", "text"), [("PV_LOG_LEVEL", "3"), ("PV_DEBUG_SSH", "maybe"), ("PV_NOPE", "1")]
)
def test_a_command_that_sets_the_impossible_is_told_so(places, name, text):
    with pytest.raises(InvalidInput, match=name):
        Config.read(places, {}).set_command(name, text)


def test_paths_of_the_reference_become_paths_of_this_device(places):
    write(places.storage / "config/pantavisor.config", "PV_SYSTEM_CONFDIR=/srv/configs\n")
    config = Config.read(places, {"PV_CACHE_USRMETADIR": "cache/elsewhere"})
    assert config.path("PV_CACHE_DEVMETADIR") == places.storage / "cache/devmeta"
    assert config.path("PV_CACHE_USRMETADIR") == places.storage / "cache/elsewhere"
    assert config.path("PV_LOG_DIR") == places.storage / "logs"
    assert config.path("PV_SYSTEM_RUNDIR") == places.run
    assert config.path("PV_DISK_VOLDIR") == places.run / "volumes"
    assert config.path("PV_SYSTEM_CONFDIR") == Path("/srv/configs")
    assert config.path("PV_SYSTEM_ETCDIR") == Path("/etc")


def kind_of(value):
    return "null or text" if value is None or isinstance(value, str) else type(value).__name__


def test_the_flat_answer_has_the_references_names_and_types(places):
    """samples/socket.json, GET /config; its power.* keys are younger than config.md."""
    ours = Config.read(places, {}).config()
    for name, value in REFERENCE["config"].items():
        if not name.startswith("power.") and name != "system.disksdir":
            assert kind_of(ours[name]) == kind_of(value), name


def test_the_array_answer_has_the_references_shape(places):
    """samples/socket.json, GET /config2."""
    ours = {entry["key"]: entry for entry in Config.read(places, {}).config2()}
    assert len(ours) == len(KEYS)
    for entry in REFERENCE["config2"]:
        if entry["key"] in ours:
            assert list(ours[entry["key"]]) == list(entry)
            assert all(isinstance(text, str) for text in ours[entry["key"]].values())
    assert ours["PH_CREDS_ID"] == {"key": "PH_CREDS_ID", "value": "(null)", "modified": "default"}
    assert ours["PV_LOG_DIR"]["value"] == str(places.storage / "logs")
    assert ours["PV_CONTROL_REMOTE"]["value"] == "1"


def test_the_reference_and_we_write_the_same_values_the_same_way(places):
    """A device set up as the sample's was answers with the sample's words."""
    wanted = {
        entry["key"]: entry
        for entry in REFERENCE["config2"]
        if entry["key"] in KEYS and KEYS[entry["key"]].kind.expected != "path"
    }
    files = {"pv conf file": "", "ph conf file": ""}
    environment = {}
    for key, entry in wanted.items():
        if entry["modified"] == "env":
            environment[key] = entry["value"]
        elif entry["modified"] != "default":
            files[entry["modified"]] += f"{key}={entry['value']}\n"
    write(places.storage / "config/pantavisor.config", files["pv conf file"])
    write(places.storage / "config/pantahub.config", files["ph conf file"])
    ours = {entry["key"]: entry for entry in Config.read(places, environment).config2()}
    changed = {key: entry for key, entry in wanted.items() if entry["modified"] != "default"}
    assert {key: ours[key] for key in changed} == changed


def test_members_of_families_are_shown_once_somebody_sets_one(places):
    config = Config.read(places, {"PV_SYSCTL_VM_SWAPPINESS": "10"})
    entry = {"key": "PV_SYSCTL_VM_SWAPPINESS", "value": "10", "modified": "env"}
    assert config.config2()[-1] == entry
    assert config.config()["sysctl.vm.swappiness"] == "10"


def test_secrets_are_used_and_never_shown(places):
    write(places.storage / "config/pantahub.config", "PH_CREDS_SECRET=s3cret\n")
    config = Config.read(places, {})
    assert config.text("PH_CREDS_SECRET") == "s3cret"
    assert "s3cret" not in json.dumps([config.config(), config.config2()])
