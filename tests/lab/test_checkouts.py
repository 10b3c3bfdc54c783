"""Laboratory checkouts: states that the device takes, different only where they are meant to be."""

import pytest

from surefoot.client.checkout import open_source
from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.revision import Goal, RestartPolicy, parse
from surefoot.revision.impact import decide

BASE = Part(Image("healthy", "base-1"), "root")
APP = Part(Image("healthy", "app-1"))


@pytest.fixture
def state(tmp_path):
    def made(name, bsp="1", **parts):
        place = write(tmp_path / name, tmp_path / "images", {"base": BASE, "app": APP} | parts, bsp)
        return parse(open_source(place).text)

    return made


def test_a_checkout_is_a_state_with_its_containers_in_their_groups(state):
    groups = {one.name: one.group for one in state("one").containers}
    assert groups == {"base": "root", "app": "app"}
    assert state("again").container("base").restart_policy is RestartPolicy.SYSTEM


def test_the_same_parts_make_the_same_revision(state):
    assert state("one").text == state("two").text


def test_only_the_part_that_is_another_changes(state):
    new = state("two", app=Part(Image("healthy", "app-2")))
    way = decide(state("one"), new)
    assert not way.reboot
    assert (way.stop, way.start, way.stay) == (("app",), ("app",), ("base",))


def test_another_bsp_needs_a_reboot(state):
    way = decide(state("one"), state("two", bsp="2"))
    assert way.reboot
    assert [reason.path for reason in way.reasons] == ["bsp/kernel.img"]


def test_a_part_says_what_its_manifest_has_beyond_the_usual(state):
    run = {"status_goal": "READY", "roles": '["mgmt"]', "storage": {}}
    app = state("one", app=Part(Image("healthy", "app-1"), run=run)).container("app")
    assert (app.goal, app.roles, app.storage) == (Goal.READY, {"mgmt"}, ())


def test_images_are_shared_and_not_copied(state, tmp_path):
    """A laboratory makes hundreds of revisions of the same few images."""
    state("one")
    state("two")
    assert (tmp_path / "images/healthy-app-1.squashfs").stat().st_nlink == 3
