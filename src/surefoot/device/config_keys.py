"""The agent's configuration keys as data: what each may hold, its default, who may set it.

`KEYS` is the reference's public table (config.md) and three keys of our own. The levels are one
letter each, as there: v pantavisor.config, h pantahub.config, p policy, o OEM file, e kernel
command line and environment, u user metadata, m command. A key without letters keeps its default.
The docs page `docs/reference/config.md` is made from this table.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INT_MAX = 2**31 - 1  # seconds, counts: what the reference's C int holds
SIZE_MAX = 2**63 - 1
UNITS = {"": 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class Size:
    """A size in bytes, or a percentage of something that only the reader of the key knows."""

    number: int
    is_percent: bool = False

    def bytes_of(self, total: int) -> int:
        """The size in bytes; a percentage is taken of `total` bytes."""
        return total * self.number // 100 if self.is_percent else self.number


Value = str | int | bool | Size


@dataclass(frozen=True)
class Kind:
    """What a value may be. `read` raises ValueError; `flat` gives its form in GET /config."""

    expected: str
    read: Callable[[str], Value]
    flat: Callable[[Any], Any] = lambda value: value


def _read_flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError
    return text == "1"


def _read_path(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError
    return text


def _number(expected: str, low: int, high: int) -> Kind:
    def read(text: str) -> int:
        # int() alone also takes other scripts' digits, underscores and blanks.
        if not re.fullmatch(r"-?[0-9]{1,19}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Kind(expected, read)


def _choice(*words: str, shows_word: bool = False) -> Kind:
    """One of some words; GET /config shows its place in the reference's list, or the word."""

    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError
        return text.lower()

    return Kind(" | ".join(words), read, (lambda word: word) if shows_word else words.index)


def _read_size(text: str) -> Size:
    match = re.fullmatch(r"([0-9]{1,19})\s*(?:([KMGT]?)B?|(%))", text, re.IGNORECASE)
    if match is None:
        raise ValueError
    number = int(match[1])
    if match[3]:
        if number > 100:
            raise ValueError
        return Size(number, is_percent=True)
    return Size(min(number * UNITS[match[2].upper()], SIZE_MAX))


def _flat_size(size: Size) -> int | str:
    return f"{size.number}%" if size.is_percent else size.number


# The bits that GET /config shows for the words of PV_LOG_SERVER_OUTPUTS.
OUTPUT_BITS = {
    "nullsink": 1,
    "singlefile": 2,
    "filetree": 4,
    "stdout": 8,
    "stdout.containers": 16,
    "stdout.pantavisor": 32,
    "stdout_direct": 64,
    "update": 128,
}


def _flat_outputs(text: str) -> int:
    if text.isdecimal():
        return int(text)
    return sum(OUTPUT_BITS.get(word.strip(), 0) for word in set(text.split(",")))


TEXT = Kind("text", str, lambda text: text or None)
PATH = Kind("path", _read_path)
FLAG = Kind("0 or 1", _read_flag)
FLAG_AS_NUMBER = Kind("0 or 1", _read_flag, int)
PORT = _number("a port, 1 to 65535", 1, 65535)
LOG_LEVEL = _number("0 (FATAL) to 5 (ALL)", 0, 5)
SECONDS = _number("seconds", 0, INT_MAX)
PERCENT = _number("percent, 0 to 100", 0, 100)
COUNT = _number("a number, 0 or more", 0, INT_MAX)
POSITIVE = _number("a number, 1 or more", 1, INT_MAX)
INDEX = _number("a number, -1 or more", -1, INT_MAX)
BYTES = _number("bytes", 0, SIZE_MAX)
SIZE = Kind("a size: bytes, or with K, M, G, T (1024 each) or %", _read_size, _flat_size)
OUTPUTS = Kind("words, separated by commas", str, _flat_outputs)
BOOTLOADER = _choice("uboot", "uboot-pvk", "grub", "rpiab", "uboot-ab")
SECUREBOOT = _choice("disabled", "audit", "lenient", "strict")
INIT_MODE = _choice("embedded", "standalone", "appengine")
WATCHDOG = _choice("disabled", "shutdown", "startup", "always")
CREDS = _choice("builtin", shows_word=True)
TIMESTAMP = _choice("relative", "absolute", shows_word=True)
RUNTIME = _choice("auto", "lxc", "process", shows_word=True)

DEVICE = "device"
HUB = "Hub client"
LATER = "later"
NOBODY = "accepted, not used"
LOOP = "boot loop"
COMMAND_LINE = "command line"


@dataclass(frozen=True)
class Key:
    """One row: `flat_name` is the key's name in GET /config where the rule does not give it."""

    name: str
    kind: Kind
    default: str
    levels: str
    used_by: str
    flat_name: str = ""

    @property
    def flat(self) -> str:
        """`PV_LOG_LEVEL` is `log.level` in GET /config, and so on (samples of the socket)."""
        if self.flat_name:
            return self.flat_name
        prefix, _, rest = self.name.lower().partition("_")
        return ("surefoot." if prefix == "surefoot" else "") + rest.replace("_", ".")

    @property
    def is_secret(self) -> bool:
        return self.name in ("PH_CREDS_SECRET", "PH_FACTORY_AUTOTOK")


ROWS = (
    Key("PH_CREDS_HOST", TEXT, "", "hepo", HUB),
    Key("PH_CREDS_ID", TEXT, "", "hepo", HUB),
    Key("PH_CREDS_PORT", PORT, "443", "hepo", HUB),
    Key("PH_CREDS_PROXY_HOST", TEXT, "", "hepo", HUB),
    Key("PH_CREDS_PROXY_NOPROXYCONNECT", FLAG_AS_NUMBER, "0", "hepo", HUB),
    Key("PH_CREDS_PROXY_PORT", PORT, "3218", "hepo", HUB),
    Key("PH_CREDS_PRN", TEXT, "", "hepo", HUB),
    Key("PH_CREDS_SECRET", TEXT, "", "hepo", HUB),
    Key("PH_CREDS_TYPE", CREDS, "builtin", "hepo", HUB),
    Key("PH_FACTORY_AUTOTOK", TEXT, "", "hepo", HUB),
    Key("PH_LIBEVENT_HTTP_RETRIES", COUNT, "1", "hepou", HUB),
    Key("PH_LIBEVENT_HTTP_TIMEOUT", SECONDS, "60", "hepou", HUB),
    Key("PH_METADATA_DEVMETA_INTERVAL", SECONDS, "10", "hepou", HUB),
    Key("PH_METADATA_USRMETA_INTERVAL", SECONDS, "5", "hepou", HUB),
    Key("PH_ONLINE_REQUEST_THRESHOLD", COUNT, "0", "hepou", HUB),
    Key("PH_UPDATER_INTERVAL", SECONDS, "5", "hepou", HUB),
    Key("PH_UPDATER_NETWORK_TIMEOUT", SECONDS, "120", "hepou", HUB, "updater.network_timeout"),
    Key("PH_UPDATER_TRANSFER_MAX_COUNT", POSITIVE, "5", "hepou", HUB),
    Key("PV_BOOTLOADER_FITCONFIG", TEXT, "", "vep", LATER),
    Key("PV_BOOTLOADER_MTD_ENV", TEXT, "", "vep", LATER, "bootloader.mtd_env"),
    Key("PV_BOOTLOADER_MTD_ONLY", FLAG, "0", "vep", LATER, "bootloader.mtd_only"),
    Key("PV_BOOTLOADER_TYPE", BOOTLOADER, "uboot", "vep", DEVICE),
    Key("PV_BOOTLOADER_UBOOTAB_A_NAME", TEXT, "fitA", "vep", LATER),
    Key("PV_BOOTLOADER_UBOOTAB_B_NAME", TEXT, "fitB", "vep", LATER),
    Key("PV_BOOTLOADER_UBOOTAB_ENV_BAK_NAME", TEXT, "", "vep", LATER),
    Key("PV_BOOTLOADER_UBOOTAB_ENV_NAME", TEXT, "", "vep", LATER),
    Key("PV_BOOTLOADER_UBOOTAB_ENV_OFFSET", BYTES, "0", "vep", LATER),
    Key("PV_BOOTLOADER_UBOOTAB_ENV_SIZE", BYTES, "0", "vep", LATER),
    Key("PV_CACHE_DEVMETADIR", PATH, "/storage/cache/devmeta", "vep", NOBODY),
    Key("PV_CACHE_USRMETADIR", PATH, "/storage/cache/meta", "vep", NOBODY),
    Key("PV_CONTROL_REMOTE", FLAG, "1", "vepo", HUB),
    Key("PV_CONTROL_REMOTE_ALWAYS", FLAG, "0", "vepo", HUB),
    Key("PV_DEBUG_SHELL", FLAG, "1", "vep", NOBODY),
    Key("PV_DEBUG_SHELL_AUTOLOGIN", FLAG, "0", "vep", NOBODY),
    Key("PV_DEBUG_SHELL_TIMEOUT", SECONDS, "60", "vep", NOBODY),
    Key("PV_DEBUG_SSH", FLAG, "1", "vepoum", NOBODY),
    Key("PV_DEBUG_SSH_AUTHORIZED_KEYS", TEXT, "", "vepou", NOBODY, "debug.ssh_authorized_keys"),
    Key("PV_DISK_EXPORTSDIR", PATH, "/exports", "vep", NOBODY),
    Key("PV_DISK_VOLDIR", PATH, "/volumes", "vep", NOBODY),
    Key("PV_DISK_WRITABLEDIR", PATH, "/writable", "vep", NOBODY),
    Key("PV_DROPBEAR_CACHE_DIR", PATH, "/storage/cache/dropbear", "vep", NOBODY),
    Key("PV_LIBEVENT_DEBUG_MODE", FLAG, "0", "vepou", NOBODY),
    Key("PV_LIBTHTTP_CERTSDIR", PATH, "/certs", "vep", HUB, "libthttp.certdir"),
    Key("PV_LIBTHTTP_LOG_LEVEL", LOG_LEVEL, "3", "vepou", NOBODY),
    Key("PV_LOG_AUTO_DEVLOG", FLAG, "1", "vepo", NOBODY),
    Key("PV_LOG_BUF_NITEMS", COUNT, "128", "vepo", NOBODY, "log.buf_nitems"),
    Key("PV_LOG_CAPTURE", FLAG, "1", "vepo", NOBODY),
    Key("PV_LOG_CAPTURE_DMESG", FLAG, "1", "vepo", NOBODY),
    Key("PV_LOG_DIR", PATH, "/storage/logs/", "vep", NOBODY),
    Key("PV_LOG_DIR_MAXSIZE", SIZE, "16777216", "vepou", DEVICE),
    Key("PV_LOG_FILETREE_TIMESTAMP_FORMAT", TEXT, "", "vepou", NOBODY),
    Key("PV_LOG_HYSTERESIS_FACTOR", POSITIVE, "4", "vepou", DEVICE),
    Key("PV_LOG_LEVEL", LOG_LEVEL, "0", "vepou", DEVICE),
    Key("PV_LOG_LOGGERS", FLAG, "1", "vepo", NOBODY),
    Key("PV_LOG_PUSH", FLAG, "1", "vepou", HUB),
    Key("PV_LOG_ROTATE_FACTOR", POSITIVE, "5", "vepou", DEVICE),
    Key("PV_LOG_SERVER_OUTPUTS", OUTPUTS, "filetree", "vepou", NOBODY),
    Key("PV_LOG_SINGLEFILE_TIMESTAMP_FORMAT", TEXT, "", "vepou", NOBODY),
    Key("PV_LOG_STDOUT_TIMESTAMP_FORMAT", TEXT, "", "vepou", NOBODY),
    Key("PV_LOG_TIMESTAMP", TIMESTAMP, "relative", "vepou", DEVICE),
    Key("PV_LXC_LOG_LEVEL", LOG_LEVEL, "2", "vepo", NOBODY),
    Key("PV_NET_BRADDRESS4", TEXT, "10.0.3.1", "vepo", NOBODY),
    Key("PV_NET_BRDEV", TEXT, "lxcbr0", "vepo", NOBODY),
    Key("PV_NET_BRMASK4", TEXT, "255.255.255.0", "vepo", NOBODY),
    Key("PV_OEM_NAME", TEXT, "", "vep", DEVICE),
    Key("PV_POLICY", TEXT, "", "ve", DEVICE),
    Key("PV_REMOUNT_POLICY", TEXT, "", "e", LATER),
    Key("PV_REVISION_RETRIES", COUNT, "10", "vepou", DEVICE),
    Key("PV_SECUREBOOT_CHECKSUM", FLAG, "1", "vep", DEVICE),
    Key("PV_SECUREBOOT_HANDLERS", FLAG, "1", "vep", LATER),
    Key("PV_SECUREBOOT_MODE", SECUREBOOT, "lenient", "vep", LATER),
    # The reference spells this one so in GET /config.
    Key(
        "PV_SECUREBOOT_OEM_TRUSTSTORE",
        PATH,
        "/etc/pantavisor/certs/oem",
        "vep",
        LATER,
        "PV_SECUREBOOT_OEM_TRUSTORE",
    ),
    Key("PV_SECUREBOOT_TRUSTSTORE", PATH, "/etc/pantavisor/certs", "vep", LATER),
    Key("PV_STORAGE_DEVICE", TEXT, "", "vep", LATER),
    Key("PV_STORAGE_FIRMWARE_VOL", FLAG, "0", "", NOBODY),
    Key("PV_STORAGE_FSTYPE", TEXT, "", "vep", LATER),
    Key("PV_STORAGE_GC_KEEP_FACTORY", FLAG, "0", "vepou", DEVICE, "storage.gc.keep_factory"),
    Key("PV_STORAGE_GC_RESERVED", PERCENT, "5", "vepou", DEVICE),
    Key("PV_STORAGE_GC_THRESHOLD", PERCENT, "0", "vepou", DEVICE),
    Key("PV_STORAGE_GC_THRESHOLD_DEFERTIME", SECONDS, "600", "vepou", DEVICE),
    Key("PV_STORAGE_LOGTEMPSIZE", TEXT, "", "vep", NOBODY),
    Key("PV_STORAGE_MNTPOINT", TEXT, "", "vep", LATER),
    Key("PV_STORAGE_MNTTYPE", TEXT, "", "vep", NOBODY),
    Key("PV_STORAGE_PHCONFIG_VOL", FLAG, "0", "", NOBODY),
    Key("PV_STORAGE_WAIT", SECONDS, "5", "vep", LATER),
    Key("PV_SYSCTL_KERNEL_CORE_PATTERN", TEXT, "//lib/pv/pvcrash --skip", "vepo", NOBODY),
    Key("PV_SYSTEM_APPARMOR_PROFILES", TEXT, "", "vep", NOBODY),
    Key("PV_SYSTEM_CONFDIR", PATH, "/configs", "vep", NOBODY),
    Key(
        "PV_SYSTEM_DRIVERS_LOAD_EARLY_AUTO",
        FLAG,
        "0",
        "vep",
        NOBODY,
        "system.drivers.load_early.auto",
    ),
    Key("PV_SYSTEM_ETCDIR", PATH, "/etc", "vep", NOBODY),
    Key("PV_SYSTEM_ETCPANTAVISORDIR", PATH, "/etc/pantavisor", "", NOBODY),
    Key("PV_SYSTEM_INIT_MODE", INIT_MODE, "embedded", "vep", NOBODY),
    Key("PV_SYSTEM_LIBDIR", PATH, "/lib", "vep", NOBODY),
    Key("PV_SYSTEM_MEDIADIR", PATH, "/media", "vep", NOBODY),
    Key("PV_SYSTEM_MOUNT_SECURITYFS", FLAG, "0", "vep", NOBODY),
    Key("PV_SYSTEM_RUNDIR", PATH, "/run/pantavisor/pv", "vep", NOBODY),
    Key("PV_SYSTEM_USRDIR", PATH, "/usr", "vep", NOBODY),
    Key("PV_UPDATER_COMMIT_DELAY", SECONDS, "25", "vepou", DEVICE),
    Key("PV_UPDATER_GOALS_TIMEOUT", SECONDS, "120", "vepo", DEVICE),
    Key("PV_UPDATER_USE_TMP_OBJECTS", FLAG, "0", "vepou", NOBODY, "updater.use_tmp_objects"),
    Key("PV_VOLMOUNT_DM_EXTRA_ARGS", TEXT, "", "vepo", NOBODY),
    Key("PV_WDT_MODE", WATCHDOG, "shutdown", "vep", LATER),
    Key("PV_WDT_TIMEOUT", SECONDS, "15", "vhep", LATER),
    Key("PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED", FLAG, "1", "vepo", NOBODY),
    Key("SUREFOOT_LOOP_DELAY", SECONDS, "0", "e", LOOP),
    Key("SUREFOOT_RUNTIME", RUNTIME, "auto", "e", DEVICE),
    Key("SUREFOOT_SOCKET", TEXT, "", "e", COMMAND_LINE),
)

KEYS: dict[str, Key] = {row.name: row for row in ROWS}

# Families of keys, and keys of a newer reference (samples of its socket): accepted and, once
# somebody sets one, shown.
FAMILIES = ("PV_SYSCTL_", "PV_POWER_", "PV_LOOP_INDEX_BASE", "PV_SYSTEM_DISKSDIR")

# What a boot loader says on the kernel command line and in the environment; no configuration.
BOOT_WORDS = frozenset({"PV_REV", "PV_TRY", "PV_TRYING", "PV_BOOT"})


def find(name: str) -> Key | None:
    """The row of a key, however it is capitalised; None for a key that nobody knows. Older files
    spell the Hub's keys with dots: `creds.host`, `factory.autotok` (hub-wire 3.3, 12)."""
    name = name.upper()
    if "." in name and (plain := "PH_" + name.replace(".", "_")) in KEYS:
        name = plain
    if name in KEYS:
        return KEYS[name]
    return Key(name, TEXT, "", "vepo", NOBODY) if name.startswith(FAMILIES) else None
