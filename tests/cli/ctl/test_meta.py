import json

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize("whose", [[], ["--device"]])
def test_keys_are_set_listed_and_deleted(ctl: Run, whose: list[str]) -> None:
    assert ctl("meta", "set", "site", "berlin", *whose).code == 0
    assert json.loads(ctl("meta", *whose, "--json").out)["site"] == "berlin"
    assert "site" in ctl("meta", "ls", *whose).out
    assert json.loads(ctl("meta", "delete", "site", *whose, "--json").out) == {"site": None}
    assert "site" not in json.loads(ctl("meta", "ls", *whose, "--json").out)


def test_a_key_that_is_not_there_cannot_be_deleted(ctl: Run) -> None:
    ran = ctl("meta", "delete", "site")
    assert ran.code == 3
    assert ran.err.startswith("surefoot: key site: User meta does not exist")
    assert ran.err.rstrip().endswith("see `surefoot ctl meta`, with --device for the device's own")
