"""What survives the power cut of a simulated device, and how it boots from there."""

import pytest

from surefoot.lab.crash.disk import Disk
from surefoot.lab.crash.story import state
from surefoot.update import tables
from surefoot.update.effects import Save
from surefoot.wire.progress import Progress, Status

STATES = {"0": state(), "locals/x": state()}


def test_a_saved_progress_is_what_a_client_would_read():
    disk = Disk(STATES)
    disk.save(Save("7", tables.QUEUED, 1, 1, 3))
    expected = Progress(Status.QUEUED, "Retried 1 of 3", 5, 1)
    assert disk.progress["7"] == expected
    assert disk.history == [("7", expected)]


def test_the_history_keeps_what_was_overwritten():
    disk = Disk(STATES)
    disk.save(Save("locals/x", tables.STARTING))
    disk.save(Save("locals/x", tables.UPDATED))
    assert [p.message for _, p in disk.history] == [
        tables.STARTING.message,
        tables.UPDATED.message,
    ]


BOOTS = [
    # pv_try, pv_trying before, what boots, pv_trying after (device.md 4)
    (None, None, "0", None),
    (None, "locals/x", "0", None),
    ("locals/x", None, "locals/x", "locals/x"),
    ("locals/x", "locals/y", "locals/x", "locals/x"),
    ("locals/x", "locals/x", "0", "locals/x"),
    ("locals/gone", None, "0", "locals/gone"),
]


@pytest.mark.parametrize(("pv_try", "trying", "boots", "after"), BOOTS)
def test_it_boots_as_a_boot_loader_does(pv_try, trying, boots, after):
    """R8: the real rule of `boot/choose.py`, not a model of it."""
    disk = Disk(STATES, pv_try=pv_try, pv_trying=trying)
    assert (disk.choose(), disk.pv_trying) == (boots, after)
