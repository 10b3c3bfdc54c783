import json

from tests.cli.conftest import Run
from tests.client.story import Machine
from tests.device.server.memory_desk import PLAIN


def test_groups_are_listed_in_start_order(ctl: Run) -> None:
    shown = [line.split()[0] for line in ctl("groups").out.splitlines()]
    groups = json.loads(ctl("groups", "--json").out)
    assert shown == ["GROUP", *(group["name"] for group in groups)]


def test_a_container_signals_that_it_is_ready(ctl: Run, machine: Machine) -> None:
    machine.desk.caller = PLAIN
    assert ctl("signal").code == 0
    assert machine.desk.asked == [("app", "ready", "")]
    assert json.loads(ctl("signal", "ready", "--json").out) == {"signal": "ready"}


def test_a_signal_from_outside_a_container_is_refused(ctl: Run) -> None:
    """R24: a refusal is 3, also where the reference's status is 500."""
    ran = ctl("signal", "ready")
    assert ran.code == 3
    assert ran.err.startswith(
        "surefoot: signal ready: Signal not expected from this platform; send"
    )


def test_config_shows_where_each_value_comes_from(ctl: Run) -> None:
    assert "PH_CREDS_ID  (null)  default" in ctl("config").out
    assert json.loads(ctl("config", "--json").out)[0]["modified"] == "default"


def test_config_can_be_narrowed_by_a_word(ctl: Run) -> None:
    assert json.loads(ctl("config", "creds", "--json").out)
    assert json.loads(ctl("config", "nothing", "--json").out) == []


def test_gc_says_what_it_has_freed(ctl: Run) -> None:
    assert ctl("gc").out == "freed 4.1 kB\n"
    assert json.loads(ctl("gc", "--json").out) == {"reclaimed": 4096}


def test_buildinfo_is_text(ctl: Run) -> None:
    assert ctl("buildinfo").out == "surefoot test\n"
    assert json.loads(ctl("buildinfo", "--json").out) == {"buildinfo": "surefoot test\n"}
