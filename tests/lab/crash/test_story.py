"""What a story is made of: states that parse, images that behave."""

from surefoot.lab.crash.story import Ask, Behaviour, Story, sha, state
from surefoot.revision import RestartPolicy, decide, parse


def test_a_stand_in_for_a_sha_is_one():
    assert len(sha("a")) == 64
    assert parse(state(app={"image": "a"})).objects["app/root.squashfs"] == sha("a")


def test_a_state_has_its_containers_in_their_groups():
    found = parse(state(base={"image": "a", "group": "root"}, app={"image": "d", "group": "app"}))
    assert [(one.name, one.restart_policy) for one in found.containers] == [
        ("base", RestartPolicy.SYSTEM),
        ("app", RestartPolicy.CONTAINER),
    ]


def test_another_image_is_another_container_and_another_bsp_a_reboot():
    old = parse(state(app={"image": "a", "group": "app"}))
    app = parse(state(app={"image": "b", "group": "app"}))
    bsp = parse(state(app={"image": "a", "group": "app"}, bsp={"image": "c"}))
    assert not decide(old, app).reboot
    assert decide(old, bsp).reboot


def test_making_a_state_does_not_change_what_it_is_made_of():
    wanted = {"image": "a", "group": "app"}
    state(app=wanted)
    assert wanted == {"image": "a", "group": "app"}


def test_an_image_is_healthy_unless_it_is_told_otherwise():
    good = Behaviour()
    assert good.prepares
    assert good.starts
    assert good.exits_after_s is None


def test_a_story_without_a_user_has_nothing_to_end():
    silent = Story("silent", {"0": state()})
    assert (silent.asks, silent.ends, silent.hub) == ((), {}, ())
    assert Ask(1, "REBOOT_DEVICE").payload == ""
