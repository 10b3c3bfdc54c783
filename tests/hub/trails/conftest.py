"""One Hub for the tests of a file, with two people; each test makes its own devices."""

import hashlib
import itertools
import json
from dataclasses import dataclass

import pytest

from surefoot.hub.frame.call import now
from tests.support.hub_world import HubWorld

SPEC = "pantavisor-service-system@1"
FACTORY = b'{"#spec":"pantavisor-service-system@1"}'
ANON = "prn:pantahub.com:auth:/anon"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with HubWorld(tmp_path_factory.mktemp("hub")) as world:
        yield world


@pytest.fixture(scope="module")
def ada(world):
    return world.user("ada")


@pytest.fixture(scope="module")
def eve(world):
    return world.user("eve")


@pytest.fixture(scope="module")
def anonymous(world):
    return world.login(ANON, ANON)


@dataclass
class Gateway:
    """A device of ada's that has synced. `owner`, `token`: tokens of the two."""

    world: HubWorld
    id: str
    owner: str
    token: str

    @property
    def trail(self):
        return f"/trails/{self.id}"

    def asks(self, method, path, body=None):
        return self.world.call(method, self.trail + path, body, token=self.token)

    def owner_asks(self, method, path, body=None):
        return self.world.call(method, self.trail + path, body, token=self.owner)

    def post(self, **members):
        """The number of a new step; `state` may be left out."""
        body = {"state": {"#spec": SPEC}, "rev": -1, **members}
        reply = self.owner_asks("POST", "/steps", body)
        assert reply.status == 200, reply.body
        return reply.json["rev"]

    def report(self, rev, status, message="", **members):
        """What the Hub holds then."""
        body = {"status": status, "status-msg": message, "progress": 1, **members}
        reply = self.asks("PUT", f"/steps/{rev}/progress", body)
        assert reply.status == 200, reply.body
        return reply.json


@pytest.fixture
def gateway(world, ada):
    id, token = world.device(ada)
    assert world.call("POST", "/trails/", FACTORY, token=token).status == 200
    return Gateway(world, id, ada, token)


@pytest.fixture
def synced(world, ada):
    """Makes as many as are asked for."""

    def make():
        id, token = world.device(ada)
        assert world.call("POST", "/trails/", FACTORY, token=token).status == 200
        return Gateway(world, id, ada, token)

    return make


_numbers = itertools.count()


@pytest.fixture
def uploaded(world, ada):
    """Makes an object of ada's; its sha."""
    owner = world.call("GET", "/auth/auth_status", token=ada).json["prn"].partition("/")[2]

    def make(content=None):
        content = f"object {next(_numbers)}".encode() if content is None else content
        sha = hashlib.sha256(content).hexdigest()
        world.run(_keep(world, owner, sha, content))
        return sha

    return make


async def _keep(world, owner, sha, content):
    upload = await world.blobs.receive(sha)
    await upload.write(content)
    await upload.commit()
    await world.database.run(
        "INSERT INTO objects (owner, sha, name, mime, size, present, created, modified) "
        "VALUES (?, ?, 'x', 'application/octet-stream', ?, 1, ?, ?) ON CONFLICT DO NOTHING",
        *(owner, sha, len(content), now(), now()),
    )


def members(text):
    """The keys of a JSON object in their order."""
    return list(json.loads(text))
