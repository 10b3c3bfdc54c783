"""What the Hub knows the device by: kept among whatever else stands in the file."""

import errno
import itertools
from pathlib import Path

import pytest

from surefoot.device.config import Config, Places
from surefoot.device.remote import credentials
from surefoot.device.remote.credentials import Identity
from surefoot.device.storage import Storage
from surefoot.errors import Corrupt, NoRoom
from surefoot.files import durable
from surefoot.files.cuts import every_cut
from surefoot.files.durable import Kind

ME = Identity("5fd0", "prn:::devices:/5fd0", "s3cret")
OTHER = Identity("6fd0", "prn:::devices:/6fd0", "0ther")
LINES = "PH_CREDS_ID=5fd0\nPH_CREDS_PRN=prn:::devices:/5fd0\nPH_CREDS_SECRET=s3cret\n"


def path(storage: Storage) -> Path:
    return storage.config / "pantahub.config"


def known(storage: Storage) -> Identity:
    return credentials.read(Config.read(Places(storage.root, storage.root), {}))


def test_a_device_that_was_never_registered_is_nobody(storage: Storage) -> None:
    assert known(storage) == Identity()
    assert not known(storage).known


def test_what_is_kept_is_read_again(storage: Storage) -> None:
    """hub.md: `PH_CREDS_*` in config/pantahub.config."""
    credentials.keep(storage, ME)
    assert known(storage) == ME
    assert known(storage).known
    assert path(storage).read_text() == LINES
    credentials.keep(storage, ME)
    assert path(storage).read_text() == LINES  # twice: the same bytes


def test_the_secret_is_for_nobody_else(storage: Storage) -> None:
    credentials.keep(storage, ME)
    assert path(storage).stat().st_mode & 0o777 == 0o600


def test_whatever_else_stands_in_the_file_stays(storage: Storage) -> None:
    mine = "# our Hub\nPH_CREDS_HOST=hub.example.org\n\nPH_CREDS_PORT = 12366\nno setting at all\n"
    path(storage).write_text(mine)
    credentials.keep(storage, ME)
    credentials.keep(storage, OTHER)
    assert path(storage).read_text() == mine + LINES.replace("5fd0", "6fd0").replace(
        "s3cret", "0ther"
    )
    credentials.forget(storage)
    assert path(storage).read_text() == mine


@pytest.mark.parametrize(
    "line",
    [
        "creds.id=old",
        "CREDS.ID=old",
        "PH_CREDS_ID = old",
        "ph_creds_id=old",
        "\ufeffcreds.secret=x",
    ],
)
def test_what_an_older_file_calls_otherwise_is_replaced_as_well(
    storage: Storage, line: str
) -> None:
    """hub-wire 12."""
    path(storage).write_text(f"{line}\ncreds.host=hub.example.org\n")
    credentials.keep(storage, ME)
    assert path(storage).read_text() == "creds.host=hub.example.org\n" + LINES


def test_a_device_that_comes_from_an_older_agent_keeps_its_name(storage: Storage) -> None:
    """hub-wire 12, 0.9: it would be a stranger to its owner."""
    text = "creds.id=5fd0\ncreds.prn=prn:::devices:/5fd0\ncreds.secret=s3cret\n"
    path(storage).write_text(text)
    assert known(storage) == ME


def test_bytes_that_are_no_text_stay_what_they_are(storage: Storage) -> None:
    path(storage).write_bytes(b"PV_LOG_LEVEL=3 \xff\xfe\n")
    credentials.keep(storage, ME)
    assert path(storage).read_bytes() == b"PV_LOG_LEVEL=3 \xff\xfe\n" + LINES.encode()


def test_a_forgotten_device_is_nobody_and_was_never_owned(storage: Storage) -> None:
    credentials.keep(storage, ME)
    credentials.settle(storage)
    assert credentials.is_settled(storage)
    credentials.forget(storage)
    credentials.forget(storage)
    assert not known(storage).known
    assert not credentials.is_settled(storage)


def test_no_file_without_a_byte_is_left(storage: Storage) -> None:
    """recorded/README: it hangs the reference's agent at its start, should the device go back."""
    credentials.keep(storage, ME)
    credentials.forget(storage)
    assert not path(storage).exists()


def test_a_file_that_cannot_be_read_is_left_alone(storage: Storage) -> None:
    path(storage).mkdir()
    with pytest.raises(Corrupt):
        credentials.keep(storage, ME)
    assert path(storage).is_dir()


def test_an_owner_is_remembered_on_a_full_disk_too(storage: Storage) -> None:
    """The reserve is for that."""
    held = storage.reserve.held()

    def full(step: durable.Step) -> None:
        if step.kind in (Kind.CREATE, Kind.WRITE) and storage.reserve.path.exists():
            raise OSError(errno.ENOSPC, "the disk is full")

    with durable.observe(full):
        credentials.settle(storage)
    assert held
    assert credentials.is_settled(storage)


def test_without_any_room_it_is_said_and_the_old_name_stays(storage: Storage) -> None:
    credentials.keep(storage, ME)

    def full(step: durable.Step) -> None:
        if step.kind in (Kind.CREATE, Kind.WRITE):
            raise OSError(errno.ENOSPC, "the disk is full")

    with durable.observe(full), pytest.raises(NoRoom):
        credentials.keep(storage, OTHER)
    assert known(storage) == ME


def test_a_power_cut_leaves_the_old_name_or_the_new_one(tmp_path: Path) -> None:
    """One identity, never half of each."""

    def prepare(place: Path) -> None:
        Storage(place).make_layout()
        credentials.keep(Storage(place), ME)

    for place, is_whole in every_cut(
        (tmp_path / str(number) for number in itertools.count()),
        prepare=prepare,
        work=lambda place: credentials.keep(Storage(place), OTHER),
    ):
        found = known(Storage(place))
        assert found == OTHER if is_whole else found in (ME, OTHER)
