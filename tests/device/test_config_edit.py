"""Settings written into a file that people write too."""

from pathlib import Path

from surefoot.device.config_edit import change
from surefoot.device.storage import Storage


def made(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path)
    storage.make_layout()
    return storage


def test_what_is_dropped_goes_under_every_spelling_and_the_rest_stays(tmp_path: Path) -> None:
    storage = made(tmp_path)
    path = storage.config / "pantahub.config"
    path.write_text("# mine\ncreds.host=old\nPH_CREDS_PORT=1\nother line\n")
    change(storage, path, ("PH_CREDS_HOST",), {"PH_CREDS_HOST": "new"})
    assert path.read_text() == "# mine\nPH_CREDS_PORT=1\nother line\nPH_CREDS_HOST=new\n"


def test_a_file_without_a_line_is_none(tmp_path: Path) -> None:
    """recorded/README: the reference hangs at an empty one."""
    storage = made(tmp_path)
    path = storage.config / "pantahub.config"
    change(storage, path, ("PH_CREDS_ID",), {"PH_CREDS_ID": "x"})
    change(storage, path, ("PH_CREDS_ID",), {})
    assert not path.exists()
