import pytest

from surefoot.cli.ctl.waiting import Teller, entry_json, progress_json
from surefoot.client.wait import Entry
from surefoot.wire.progress import Progress, Status

ONE = Entry("7", "NEW", "Update ready to be run", "", "2026-11-24T06:51:34.000Z", 3)
TWO = Entry("7", "ERROR", "Unexpected rollback", "the power", "2026-11-24T06:51:36.500Z", 3)


def test_times_count_from_the_first_entry(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(as_json=False)
    teller(ONE)
    teller(TWO)
    assert capsys.readouterr().out == (
        "  0.00 s  NEW         Update ready to be run\n"
        "   2.5 s  ERROR       Unexpected rollback\n"
        "                      the power\n"
    )


def test_what_is_said_here_has_a_kind_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    Teller(as_json=True).say("in words", "stored", revision="7")
    Teller(as_json=False).say("in words", "stored", revision="7")
    Teller(as_json=False).say("", "result")
    assert capsys.readouterr().out == '{"kind":"stored","revision":"7"}\nin words\n'


def test_an_entry_has_the_names_that_the_socket_uses() -> None:
    """device.md 1: `status-msg`."""
    assert list(entry_json(TWO)) == [
        "revision",
        "status",
        "status-msg",
        "cause",
        "since",
        "change",
    ]
    assert progress_json(Progress(Status.DONE, "Factory revision", 100)) == {
        "status": "DONE",
        "status-msg": "Factory revision",
    }
