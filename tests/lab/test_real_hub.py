"""The driver of a real Hub: it starts, dies, starts again; its owner asks as the desk does."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.client.desk.login import login
from surefoot.client.desk.sessions import Sessions
from surefoot.errors import NotFound, SurefootError
from surefoot.lab.real_hub import SUREFOOT, Owner, RealHub

PASSWORD = "correct horse battery"
NOWHERE = "0" * 24


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RealHub]:
    made = RealHub(tmp_path)
    made.start()
    try:
        yield made
    finally:
        if made.process is not None:
            assert made.stop() == 0


def command(hub: RealHub, *words: str, said: str = "") -> str:
    whole = [*SUREFOOT, "hub", *words, "--data", str(hub.data)]
    done = subprocess.run(whole, input=said, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def owner(hub: RealHub, tmp_path: Path) -> Owner:
    command(hub, "user", "add", "ada", "--password-stdin", said=PASSWORD)
    certificate = tmp_path / "hub.crt"
    certificate.write_text(command(hub, "ca"))
    config = tmp_path / "config"
    asyncio.run(login(Sessions(config), hub.url, "ada", PASSWORD, certificate))
    return Owner(config)


def test_what_is_refused_is_told_with_its_status_and_reason(owner: Owner) -> None:
    status, text = owner.send("POST", "/objects/", b"{")
    assert status == 400
    assert text
    assert "{" not in text
    status, text = owner.send_object("0" * 64, b"junk")
    assert (status, "other bytes" in text) == (400, True)
    with pytest.raises(NotFound, match=NOWHERE):
        owner.overview(NOWHERE)


def test_killed_and_started_again_it_is_where_it_was(hub: RealHub, owner: Owner) -> None:
    hub.kill()
    with pytest.raises(SurefootError):
        owner.send("GET", "/healthz", b"")
    hub.start()
    assert owner.send("GET", "/devices/", b"") == (200, "[]")


def test_a_hub_that_cannot_begin_says_why(hub: RealHub, tmp_path: Path) -> None:
    second = RealHub(tmp_path)
    with pytest.raises(
        SurefootError, match="The Hub has ended: surefoot: A Hub serves hub already"
    ):
        second.start()
    assert second.stop() != 0


def test_its_words_are_what_one_types(tmp_path: Path) -> None:
    hub = RealHub(tmp_path, "https://hub.test")
    assert " ".join(hub.words) == (
        f"hub run --data hub --listen none --tls-listen 127.0.0.1:{hub.port}"
        " --public-url https://hub.test"
    )
