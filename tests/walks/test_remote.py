"""The remote flow, whole: a real Hub in a process of its own, a real device on real LXC."""

import json

from tests.walks.remote_walk import DONE, UPDATED, app, base


def test_an_update_without_reboot_comes_through_the_hub(remote):
    """device.md 1: the same from the Hub has retries 1."""
    remote.claim()
    rev = remote.post(remote.checkout("two", app=app("2")), "second")
    assert remote.ended(rev) == UPDATED
    assert remote.device.versions() == {"base": "healthy-base-1", "app": "healthy-app-2"}
    assert remote.device.pv_rev() == "0"


def test_an_update_with_reboot_becomes_the_rollback_point(remote):
    remote.claim()
    rev = remote.post(remote.checkout("two", base=base("2")))
    assert remote.ended(rev) == DONE
    assert remote.device.versions()["base"] == "healthy-base-2"
    assert remote.device.pv_rev() == str(rev)


def test_three_steps_posted_at_once_end_updated_in_their_order(remote):
    """device.md 1; R16."""
    remote.claim()
    revs = [remote.post(remote.checkout(f"v{n}", app=app(str(n)))) for n in (2, 3, 4)]
    assert revs == [1, 2, 3]
    assert [remote.ended(rev) for rev in revs] == [UPDATED] * 3
    assert remote.device.versions()["app"] == "healthy-app-4"


def test_a_container_whose_init_does_not_exist_is_rolled_back_and_the_hub_learns_why(remote):
    """device.md 1: with the two lines of the log."""
    remote.claim()
    rev = remote.post(remote.checkout("bad", app=app("x", "no-init")))
    told = remote.ended(rev)
    assert (told["status"], told["status-msg"]) == ("ERROR", "A container could not be started")
    said = [json.loads(line) for line in told["logs"].splitlines()]
    assert ("state", "platform 'app' is not running") in [(one["src"], one["msg"]) for one in said]
    assert remote.device.at_rest()["running"] == "0"
    assert remote.device.versions()["app"] == "healthy-app-1"


def test_a_step_cancelled_while_the_device_is_away_is_never_run(remote):
    """R14."""
    remote.claim()
    remote.device.stop()
    rev = remote.post(remote.checkout("two", app=app("2")))
    assert remote.owner.cancel(remote.id, rev).status == 200
    after = remote.post(remote.checkout("three", app=app("3")))
    remote.device.start()
    assert remote.ended(after) == UPDATED
    assert remote.progress(rev)["status"] == "CANCELLED"
    assert remote.device.progress(str(rev)) is None
