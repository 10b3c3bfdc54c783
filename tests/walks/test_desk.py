"""A person at a desk and a Hub in a process of its own: from the login to the end of an update."""

import json
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client.checkouts import checkout
from tests.support.hub_process import COMMAND, PASSWORD, PATIENCE_S, HubProcess, Owner

KERNEL_BYTES = 30_000_000
ENDS = "Update finished, revision not set as rollback point"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess(tmp_path / "hub") as made:
        made.sign_up("ann")
        yield made


class Desk:
    """`surefoot` in a process of its own, with a home of its own."""

    def __init__(self, home: Path) -> None:
        # No proxy, Hub or colour of the machine gets here.
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        self.environ = {**kept, "HOME": str(home)}

    def begin(self, *words: str | Path) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [COMMAND, *map(str, words)],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str | Path, said: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [COMMAND, *map(str, words)],
            env=self.environ,
            input=said,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout


@pytest.fixture
def desk(hub: HubProcess, tmp_path: Path) -> Desk:
    """Logged in over TLS, by the Hub's own CA."""
    made = Desk(tmp_path / "home")
    login = ("login", hub.urls["https"], "--user", "ann", "--password-stdin")
    made(*login, "--ca", hub.ca(), said=PASSWORD)
    return made


class Robot(Owner):
    """A device double: it asks as the device, and reports what it is told to."""

    def __init__(self, hub: HubProcess) -> None:
        base = hub.urls["http"]
        made = Owner(base, "", "").good("POST", "/devices/")
        super().__init__(base, made["prn"], made["secret"])
        self.id, self.challenge = made["id"], made["challenge"]

    def sync(self) -> None:
        self.login()
        manifest = {"linux": "kernel.img", "initrd": "pantavisor"}
        kernel = {f"bsp/{name}": self.put_object(name.encode()) for name in manifest.values()}
        spec = "pantavisor-service-system@1"
        self.good("POST", "/trails/", {"#spec": spec, "bsp/run.json": manifest, **kernel})

    def tells(self, revision: int, status: str, message: str) -> None:
        body = {"status": status, "status-msg": message, "progress": 50, "retries": 1}
        self.good("PUT", f"/trails/{self.id}/steps/{revision}/progress", body)

    def awaits(self, revision: int) -> None:
        while self.call("GET", f"/trails/{self.id}/steps/{revision}").status != 200:
            threading.Event().wait(0.05)


@pytest.fixture
def robot(hub: HubProcess, desk: Desk) -> Robot:
    made = Robot(hub)
    desk("claim", f"{hub.urls['https']}/devices/{made.id}", made.challenge)
    made.sync()
    return made


def in_background(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_from_the_claim_to_the_end_of_an_update_over_tls(
    desk: Desk, robot: Robot, tmp_path: Path
) -> None:
    (row,) = json.loads(desk("devices", "--json"))
    assert (row["id"], row["status"]) == (robot.id, "DONE")

    def go_through() -> None:
        robot.awaits(1)
        robot.tells(1, "QUEUED", "Retried 0 of 10")
        robot.tells(1, "TESTING", "Awaiting to see if update is stable")
        robot.tells(1, "UPDATED", ENDS)

    device = in_background(go_through)
    tree = checkout(tmp_path / "tree", "app")
    out = desk("post", tree, row["nick"], "-m", "walk", "--wait", "--timeout", "60")
    device.join()
    assert out.splitlines()[-1].endswith(f"UPDATED     {ENDS}")
    assert "app/run.json added" in desk("step", row["nick"])
    assert "UPDATED" in desk("devices")


def test_a_hub_that_is_killed_in_an_upload_and_in_the_wait_gets_it_all(
    hub: HubProcess, desk: Desk, robot: Robot, tmp_path: Path
) -> None:
    """Hub killed -9 in the middle of an upload: nothing half-stored, the client goes on."""
    tree = checkout(tmp_path / "tree", "app")
    body = secrets.token_bytes(KERNEL_BYTES)
    (tree / "app" / "root.squashfs").write_bytes(body)
    post = desk.begin("post", tree, robot.id, "--wait", "--json")
    partial = wait_for(lambda: half_way(hub.data))
    hub.stop(signal.SIGKILL)
    assert partial
    hub.start()
    robot.awaits(1)
    robot.tells(1, "QUEUED", "Retried 0 of 10")
    hub.stop(signal.SIGKILL)
    hub.start()
    robot.tells(1, "DONE", "Update finished, revision set as rollback point")
    out, err = post.communicate(timeout=PATIENCE_S)
    assert (post.returncode, err) == (0, "")
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["status"] == "DONE"
    steps = f"/trails/{robot.id}/steps?progress.status=%7B%22$ne%22:%22NEW%22%7D"
    robot.login()
    owner = Owner(hub.urls["http"], "ann", PASSWORD)
    owner.login()
    assert [one["rev"] for one in owner.good("GET", steps)] == [0, 1]
    assert hub.command("check")


def half_way(data: Path) -> bool:
    """Some of an upload is on the Hub's disk, and not all of it."""
    sizes = [path.stat().st_size for path in data.rglob("*") if is_partial(path)]
    return any(1_000_000 < size < KERNEL_BYTES for size in sizes)


def is_partial(path: Path) -> bool:
    return path.name.endswith(".surefoot-tmp")


def wait_for(is_true: Callable[[], bool]) -> bool:
    for _ in range(6000):
        if is_true():
            return True
        threading.Event().wait(0.005)
    return False


def test_logs_are_followed_over_a_restart_of_the_hub(
    hub: HubProcess, desk: Desk, robot: Robot
) -> None:
    def log(text: str) -> None:
        entry = {"tsec": 0, "tnano": 0, "lvl": "INFO", "src": "/a", "plat": "app", "rev": "0"}
        robot.good("POST", "/logs/", [{**entry, "msg": text}])

    log("one")
    follower = desk.begin("logs", robot.id, "-f", "--json")
    assert follower.stdout is not None
    try:
        told = [json.loads(follower.stdout.readline())["msg"]]
        hub.stop(signal.SIGKILL)
        hub.start()
        for text in ("two", "three"):
            log(text)
            told.append(json.loads(follower.stdout.readline())["msg"])
    finally:
        follower.send_signal(signal.SIGINT)
        rest, err = follower.communicate(timeout=PATIENCE_S)
    assert told == ["one", "two", "three"]
    assert (rest, err) == ("", "")


def test_a_wrong_password_and_a_hub_that_is_away_have_their_codes(
    hub: HubProcess, desk: Desk
) -> None:
    """R24."""
    url = hub.urls["https"]
    desk("login", url, "--user", "ann", "--password-stdin", said="wrong", code=3)
    assert json.loads(desk("whoami", "--json"))["nick"] == "ann"
    hub.stop()
    desk("devices", code=5)
    desk("login", url, "--user", "ann", "--password-stdin", said=PASSWORD, code=5)
