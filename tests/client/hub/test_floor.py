"""R23: a wrong clock neither shuts a device out, nor lets anybody else in."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from surefoot.client.hub import certificate
from surefoot.client.hub.floor import key_of
from surefoot.client.hub.http import Proxy, Trust
from surefoot.errors import Unreachable
from tests.client.hub.clients import client
from tests.support.certificates import DAY, Signed, context, sign
from tests.support.faulty_server import FaultyServer, Reply
from tests.support.tunnel import TunnelProxy

NOW = time.time()
PAST = NOW - 10_000 * DAY  # where a clock without a battery starts
ALWAYS = (PAST - 1000 * DAY, NOW + 10_000 * DAY)


@pytest.fixture
def wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this process's Python; libcurl's own stays right, and is not asked."""
    monkeypatch.setattr("surefoot.client.hub.trust.time.time", lambda: PAST)


class World:
    """A CA that the client trusts, and servers."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.ca = sign("test CA", *ALWAYS, is_ca=True)
        self.directory = place / "certs"
        self.directory.mkdir()
        (self.directory / "hub.crt").write_bytes(self.ca.pem)

    @contextmanager
    def server(self, own: Signed, *between: Signed) -> Iterator[FaultyServer]:
        with FaultyServer(context(self.place / "server", own, *between)) as server:
            server.plan("/", Reply(200, b"here"))
            yield server

    def trust(self, floor: float | None) -> Trust:
        return Trust(self.directory, floor=None if floor is None else lambda: floor)

    async def ask(self, server: FaultyServer, floor: float | None, **settings: object) -> bytes:
        async with client(server.url, trust=self.trust(floor), retries=0, **settings) as http:
            return (await http.request("GET", "/")).body


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".x"])
async def test_a_host_that_is_no_name_does_not_answer(world: World, host: str) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        await key_of(f"https://{host}/", world.ca.pem, "", NOW)


@pytest.mark.usefixtures("wrong_clock")
async def test_a_certificate_that_is_valid_at_the_floor_is_taken(world: World) -> None:
    own = sign("localhost", NOW - DAY, NOW + DAY, by=world.ca)
    with world.server(own) as server:
        assert await world.ask(server, NOW) == b"here"


@pytest.mark.usefixtures("wrong_clock")
async def test_one_that_ended_before_the_floor_is_not_and_the_error_names_the_clock(
    world: World,
) -> None:
    """libcurl with the clock it has would take this one for valid."""
    own = sign("localhost", NOW - DAY, NOW + DAY, by=world.ca)
    with world.server(own) as server:
        with pytest.raises(Unreachable, match=r"expired on .* clock of this machine says"):
            await world.ask(server, NOW + 10 * DAY)
        assert server.asked == []


@pytest.mark.usefixtures("wrong_clock")
async def test_one_that_is_younger_than_the_floor_is_taken(world: World) -> None:
    """peers 3: mender-docs PR#327, jetkvm/kvm#538: the floor is the date of the image, the Hub's
    certificate was made later."""
    own = sign("localhost", NOW - DAY, NOW + DAY, by=world.ca)
    with world.server(own) as server:
        assert await world.ask(server, NOW - 300 * DAY) == b"here"


@pytest.mark.usefixtures("wrong_clock")
@pytest.mark.parametrize("at", ["root", "between"])
async def test_the_times_of_the_whole_chain_count(tmp_path: Path, at: str) -> None:
    world = World(tmp_path)
    ended = (NOW - 2 * DAY, NOW - DAY)
    world.ca = sign("old CA", *(ended if at == "root" else ALWAYS), is_ca=True)
    (world.directory / "hub.crt").write_bytes(world.ca.pem)
    middle = sign("middle", *(ended if at == "between" else ALWAYS), by=world.ca, is_ca=True)
    with world.server(sign("localhost", *ALWAYS, by=middle), middle) as server:
        assert await world.ask(server, NOW - 1.5 * DAY) == b"here"
        with pytest.raises(Unreachable, match="expired"):
            await world.ask(server, NOW)


STRANGERS: dict[str, Callable[[World], Signed]] = {
    "another CA": lambda _: sign("localhost", *ALWAYS, by=sign("test CA", *ALWAYS, is_ca=True)),
    "signed by itself": lambda _: sign("localhost", *ALWAYS),
    "another name": lambda world: sign("elsewhere", *ALWAYS, by=world.ca),
    "signed by a server": lambda world: sign(
        "localhost", *ALWAYS, by=sign("localhost", *ALWAYS, by=world.ca)
    ),
}


@pytest.mark.parametrize("floor", [None, NOW, NOW + 9000 * DAY], ids=["none", "now", "future"])
@pytest.mark.parametrize("who", STRANGERS)
async def test_a_stranger_is_never_taken_whatever_the_clock(
    world: World, monkeypatch: pytest.MonkeyPatch, who: str, floor: float | None
) -> None:
    if floor is not None:
        monkeypatch.setattr("surefoot.client.hub.trust.time.time", lambda: PAST)
    with world.server(STRANGERS[who](world)) as server:
        with pytest.raises(Unreachable, match=r"certificate|not match|alternative"):
            await world.ask(server, floor)
        assert server.asked == []


async def test_a_floor_that_came_from_a_clock_ahead_shuts_nobody_out(world: World) -> None:
    """R23: a right clock, and a record that a wrong one wrote; no clock blocks for ever."""
    own = sign("localhost", NOW - DAY, NOW + DAY, by=world.ca)
    with world.server(own) as server:
        assert await world.ask(server, NOW + 9000 * DAY) == b"here"


async def test_a_floor_in_the_future_does_not_let_in_what_has_expired(world: World) -> None:
    own = sign("localhost", NOW - 2 * DAY, NOW - DAY, by=world.ca)
    with world.server(own) as server, pytest.raises(Unreachable, match="expired"):
        await world.ask(server, NOW + 9000 * DAY)


async def test_with_a_clock_behind_no_floor_libcurl_judges(world: World) -> None:
    ended = sign("localhost", NOW - 2 * DAY, NOW - DAY, by=world.ca)
    early = sign("localhost", NOW + DAY, NOW + 2 * DAY, by=world.ca)
    for own, words in ((ended, "expired"), (early, "not yet valid")):
        with world.server(own) as server:
            for floor in (None, NOW - 100 * DAY):
                with pytest.raises(Unreachable, match=f"{words}.*; the clock of this machine says"):
                    await world.ask(server, floor)


@pytest.mark.usefixtures("wrong_clock")
async def test_the_key_is_found_once_and_the_connection_is_kept(world: World) -> None:
    with world.server(sign("localhost", *ALWAYS, by=world.ca)) as server:
        async with client(server.url, trust=world.trust(NOW)) as http:
            for _ in range(3):
                await http.request("GET", "/")
        assert server.connections == 2  # one to look, one to use


@pytest.mark.usefixtures("wrong_clock")
async def test_another_server_behind_the_same_address_is_refused_though_it_comes_after_the_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look finds the right one; then somebody stands in the way."""
    right = sign("localhost", *ALWAYS, by=world.ca)

    async def looked(*_: object) -> str:
        return certificate.read(right.der).key

    monkeypatch.setattr("surefoot.client.hub.floor.key_of", looked)
    with world.server(STRANGERS["another CA"](world)) as server:
        with pytest.raises(Unreachable, match=r"(?i)pinned"):
            await world.ask(server, NOW)
        assert server.asked == []


@pytest.mark.usefixtures("wrong_clock")
async def test_a_new_key_of_the_same_server_is_looked_at_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sign("localhost", *ALWAYS, by=world.ca)
    looks = []

    async def look(*arguments: object) -> str:
        looks.append(1)
        return certificate.read(old.der).key if len(looks) == 1 else await key_of(*arguments)

    monkeypatch.setattr("surefoot.client.hub.floor.key_of", look)
    with world.server(sign("localhost", *ALWAYS, by=world.ca)) as server:
        assert await world.ask(server, NOW) == b"here"
    assert len(looks) == 2


@pytest.mark.usefixtures("wrong_clock")
async def test_a_new_certificate_for_the_same_key_goes_through(world: World) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    own = sign("localhost", *ALWAYS, by=world.ca, key=key)
    with world.server(own) as server:
        async with client(server.url, trust=world.trust(NOW)) as http:
            await http.request("GET", "/")
            server.replace(
                context(world.place / "new", sign("localhost", *ALWAYS, by=world.ca, key=key))
            )
            server.hang_up()
            assert (await http.request("GET", "/")).status == 200


@pytest.mark.usefixtures("wrong_clock")
async def test_the_look_goes_through_the_proxy_too(world: World) -> None:
    with world.server(sign("localhost", *ALWAYS, by=world.ca)) as server, TunnelProxy() as proxy:
        through = Proxy(proxy.host, proxy.port)
        assert await world.ask(server, NOW, proxy=through) == b"here"
        assert proxy.tunnels == [f"localhost:{server.port}"] * 2


@pytest.mark.usefixtures("wrong_clock")
async def test_a_proxy_that_refuses_is_named(world: World) -> None:
    own = sign("localhost", *ALWAYS, by=world.ca)
    refused = pytest.raises(Unreachable, match="407")
    with world.server(own) as server, TunnelProxy(refuses=True) as proxy, refused:
        await world.ask(server, NOW, proxy=Proxy(proxy.host, proxy.port))


@pytest.mark.usefixtures("wrong_clock")
async def test_a_server_that_never_speaks_is_left(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}"
        async with client(url, trust=world.trust(NOW), retries=0, timeout_s=0.2) as http:
            with pytest.raises(Unreachable, match="does not answer"):
                await http.request("GET", "/")


@pytest.mark.usefixtures("wrong_clock")
async def test_nobody_there_is_said_in_one_sentence(world: World) -> None:
    with world.server(sign("localhost", *ALWAYS, by=world.ca)) as server:
        pass
    with pytest.raises(Unreachable) as caught:
        await world.ask(server, NOW)
    assert str(caught.value).count("does not answer") == 1
