"""One progress file that cannot be read is one record lost, and nothing else."""

import pytest

from surefoot.lab.checkouts import Part
from surefoot.lab.images import Image

GOOD = Part(Image("healthy", "app-2"))


def damaged(walk, garbage):
    walk.device.install(walk.checkout("locals/x", app=GOOD), "locals/x")
    (walk.device.storage.trail("locals/x") / ".pv/progress").write_bytes(garbage)


@pytest.mark.parametrize("garbage", [b"", b'{"status":"NOPE"}'])
def test_it_hides_no_other_step_and_its_revision_can_be_run(walk, garbage):
    """issue 4 "corrupted progress file"; R25: its record starts anew."""
    damaged(walk, garbage)
    listed = walk.device.client.get("/steps")
    assert {step["name"] for step in listed} == {"0", "locals/x"}
    assert walk.device.update_by_name("locals/x").status == "UPDATED"
