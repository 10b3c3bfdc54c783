from pathlib import Path

import pytest

from surefoot.cli.desk.link import config_dir
from surefoot.client.desk.sessions import Session, Sessions
from tests.cli.conftest import Run
from tests.client.desk.fleet import Fleet, Robot


def test_logins_are_kept_where_the_person_keeps_settings() -> None:
    home = {"HOME": "/home/ann"}
    assert config_dir(home) == Path("/home/ann/.config/surefoot")
    assert config_dir({**home, "XDG_CONFIG_HOME": "/else"}) == Path("/else/surefoot")
    assert config_dir({**home, "XDG_CONFIG_HOME": "below"}) == Path("/home/ann/.config/surefoot")


def test_without_a_login_a_command_says_how_to_log_in(surefoot: Run, config: Sessions) -> None:
    ran = surefoot("devices")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == "surefoot: There is no login at any Hub; log in first: surefoot login URL\n"


def test_the_hub_is_that_of_the_option_else_of_the_environment(
    desk: Run, fleet: Fleet, config: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Session("http://127.0.0.1:1", "ann", "t")
    config.keep(dead)
    assert desk("devices").code == 5
    assert desk("devices", "--hub", fleet.base).code == 0
    monkeypatch.setenv("SUREFOOT_HUB", f"{fleet.base}/")
    assert desk("devices").code == 0
    assert desk("devices", "--hub", dead.url).code == 5


def test_a_url_names_its_hub_itself(
    desk: Run, fleet: Fleet, config: Sessions, robot: Robot
) -> None:
    config.keep(Session("http://127.0.0.1:1", "ann", "t"))
    assert desk("step", f"{fleet.base}/trails/{robot.id}").code == 0
    ran = desk("step", f"http://elsewhere.example/trails/{robot.id}")
    assert ran.code == 3
    assert "log in first: surefoot login http://elsewhere.example" in ran.err


@pytest.mark.parametrize("name", ["a/b/c", "two words", "http://x/"])
def test_what_names_no_device_is_wrong_usage(desk: Run, name: str) -> None:
    for command in (("step", name), ("logs", name), ("cancel", name), ("claim", name, "x-y-z")):
        ran = desk(*command)
        assert ran.code == 2, command
        assert "names no device" in ran.err


def test_what_is_no_hub_is_wrong_usage(desk: Run) -> None:
    assert desk("login", "hub.example.org").code == 2
    assert desk("devices", "--hub", "https://x y").code == 2


def test_a_login_that_has_ended_is_told_with_what_to_do(
    desk: Run, fleet: Fleet, config: Sessions
) -> None:
    config.keep(Session(fleet.base, "ann", "void"))
    ran = desk("devices")
    assert ran.code == 3
    assert f"log in again: surefoot login {fleet.base}" in ran.err
    assert ran.err.count("\n") == 1
