"""Who gets what: every row of the API, tried by everybody who might.

The tables are typed by hand. A row of the API that is in none of them fails, and so does a line
here that no row serves any more.
"""

import pytest

from surefoot.hub.frame.route import Access
from surefoot.hub.routes import ROUTES
from tests.support.hub_scene import (
    BODIES,
    CALLERS,
    ITSELF,
    OUTSIDERS,
    OWNER,
    SIBLING,
    People,
    Scene,
)
from tests.support.hub_world import HubWorld

# In the order of CALLERS: nobody, the anonymous reader, another user, his device, another device
# of the owner, the owner, the device itself. The device is private.
EVERYBODY = "200 200 200 200 200 200 200"
ANY_TOKEN = "401 200 200 200 200 200 200"
USERS = "401 403 200 403 403 200 403"  # each about himself
MEMBERS = "401 403 200 200 200 200 200"  # each about his own
DEVICES = "401 403 403 200 200 403 200"  # each for itself
OWNERS = "401 403 403 403 403 200 403"
OWNER_AND_DEVICE = "401 403 403 403 403 200 200"
DEVICE_ALONE = "401 403 403 403 403 403 200"

STEP = "/trails/{trail}/steps/{rev}"
EXPECTED = {
    ("POST", "/auth/login"): EVERYBODY,
    ("GET", "/auth/login"): ANY_TOKEN,
    ("GET", "/auth/auth_status"): ANY_TOKEN,
    ("GET", "/devices/auth_status"): ANY_TOKEN,
    ("GET", "/trails/auth_status"): ANY_TOKEN,
    ("GET", "/objects/auth_status"): ANY_TOKEN,
    ("GET", "/dash/auth_status"): ANY_TOKEN,
    ("POST", "/auth/accounts"): EVERYBODY,
    ("GET", "/auth/accounts"): USERS,
    ("GET", "/auth"): USERS,
    # With a token, and without the password.
    ("PUT", "/auth/password"): "401 403 422 403 403 422 403",
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    # Nobody of these is an admin.
    ("GET", "/metrics"): "401 403 403 403 403 403 403",
    ("GET", "/dash"): USERS,
    ("GET", "/profiles"): ANY_TOKEN,
    ("GET", "/profiles/{nick}"): "401 404 404 404 404 200 404",
    ("GET", "/audit"): USERS,
    ("POST", "/devices/tokens"): USERS,
    ("GET", "/devices/tokens"): USERS,
    ("DELETE", "/devices/tokens/{token}"): "401 403 404 403 403 200 403",
    ("POST", "/devices"): "200 403 200 403 403 200 403",
    ("GET", "/devices"): ANY_TOKEN,
    # Nicks can be guessed: what is private is not there.
    ("GET", "/devices/np/{user}/{device}"): "401 404 404 404 404 200 200",
    ("GET", "/devices/{device}/user-meta"): OWNER_AND_DEVICE,
    ("PUT", "/devices/{device}/user-meta"): OWNER_AND_DEVICE,
    ("PATCH", "/devices/{device}/user-meta"): OWNER_AND_DEVICE,
    ("GET", "/devices/{device}/device-meta"): OWNER_AND_DEVICE,
    ("PUT", "/devices/{device}/device-meta"): DEVICE_ALONE,
    ("PATCH", "/devices/{device}/device-meta"): DEVICE_ALONE,
    ("PUT", "/devices/{device}/public"): OWNERS,
    ("DELETE", "/devices/{device}/public"): OWNERS,
    ("GET", "/devices/{device}"): OWNER_AND_DEVICE,
    ("PUT", "/devices/{device}"): OWNER_AND_DEVICE,
    ("PATCH", "/devices/{device}"): OWNER_AND_DEVICE,
    ("DELETE", "/devices/{device}"): OWNERS,
    # The stranger's device may not name objects that its owner has not.
    ("POST", "/trails"): "401 403 403 422 200 403 200",
    ("GET", "/trails"): MEMBERS,
    ("GET", "/trails/summary"): USERS,
    ("GET", "/trails/{trail}"): OWNER_AND_DEVICE,
    ("GET", "/trails/{trail}/summary"): OWNER_AND_DEVICE,
    ("GET", "/trails/{trail}/.pvrremote"): OWNER_AND_DEVICE,
    ("POST", "/trails/{trail}/steps"): OWNER_AND_DEVICE,
    ("GET", "/trails/{trail}/steps"): OWNER_AND_DEVICE,
    ("GET", STEP): OWNER_AND_DEVICE,
    ("GET", f"{STEP}/.pvrremote"): OWNER_AND_DEVICE,
    ("GET", f"{STEP}/state"): OWNER_AND_DEVICE,
    ("PUT", f"{STEP}/state"): OWNERS,
    ("GET", f"{STEP}/meta"): OWNER_AND_DEVICE,
    ("PUT", f"{STEP}/meta"): OWNERS,
    ("GET", f"{STEP}/progress"): OWNER_AND_DEVICE,
    ("PUT", f"{STEP}/progress"): DEVICE_ALONE,
    ("PUT", f"{STEP}/cancel"): OWNERS,
    # Not from NEW.
    ("PUT", f"{STEP}/wontgo"): "401 403 403 403 403 409 403",
    ("POST", f"{STEP}/objects"): OWNER_AND_DEVICE,
    ("GET", f"{STEP}/objects"): OWNER_AND_DEVICE,
    ("GET", f"{STEP}/objects/{{sha}}"): OWNER_AND_DEVICE,
    ("GET", f"{STEP}/objects/{{sha}}/blob"): "401 403 403 403 403 302 302",
    ("GET", "/exports/{owner}/{device}/{rev}/{filename}"): OWNER_AND_DEVICE,
    ("GET", "/{owner}/{device}/.pvrremote"): OWNER_AND_DEVICE,
    ("GET", "/{owner}/{device}/{rev}/.pvrremote"): OWNER_AND_DEVICE,
    ("POST", "/objects"): MEMBERS,
    ("GET", "/objects"): MEMBERS,
    # All devices of an owner may have what is his.
    ("GET", "/objects/{sha}"): "401 403 403 403 200 200 200",
    ("GET", "/objects/{sha}/blob"): "401 403 403 403 302 302 302",
    ("PUT", "/objects/{sha}"): OWNERS,
    # A step has it.
    ("DELETE", "/objects/{sha}"): "401 403 403 403 403 409 403",
    # The right is in the path (hub-wire 0.3).
    **{
        (method, f"{mount}/{{token}}"): EVERYBODY
        for method in ("PUT", "GET", "HEAD")
        for mount in ("/local-s3", "/s3")
    },
    ("POST", "/logs"): DEVICES,
    ("GET", "/logs"): USERS,
    # The cursor of this test is none.
    ("GET", "/logs/cursor"): "401 403 400 403 403 400 403",
    ("POST", "/logs/cursor"): "401 403 400 403 403 400 403",
}
# What is different when the device is public: everybody who has a token may look, nobody else may
# change anything.
GOES_TO = "401 302 302 302 302 302 302"
PUBLIC = {
    ("POST", "/trails"): "401 403 403 200 200 403 200",
    ("GET", "/objects/{sha}/blob"): GOES_TO,
    ("GET", f"{STEP}/objects/{{sha}}/blob"): GOES_TO,
    **{
        ("GET", path): ANY_TOKEN
        for path in (
            "/profiles/{nick}",
            "/devices/np/{user}/{device}",
            "/devices/{device}",
            "/trails/{trail}",
            "/trails/{trail}/summary",
            "/trails/{trail}/.pvrremote",
            "/trails/{trail}/steps",
            STEP,
            f"{STEP}/.pvrremote",
            f"{STEP}/state",
            f"{STEP}/meta",
            f"{STEP}/progress",
            f"{STEP}/objects",
            f"{STEP}/objects/{{sha}}",
            "/exports/{owner}/{device}/{rev}/{filename}",
            "/{owner}/{device}/.pvrremote",
            "/{owner}/{device}/{rev}/.pvrremote",
            "/objects/{sha}",
        )
    },
}
# Whoever has the URL of an upload may send the bytes.
BEARER_PATHS = ("/local-s3/{token}", "/s3/{token}")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    with HubWorld(tmp_path_factory.mktemp("hub")) as world:
        yield People(world)


def name(route):
    return f"{route.method} {route.path}"


def test_every_row_has_its_line_and_every_line_its_row():
    rows = {(route.method, route.path) for route in ROUTES}
    assert rows == set(EXPECTED)
    assert set(PUBLIC) <= set(EXPECTED)
    assert {(row.method, row.path) for row in ROUTES if row.body is not None} == set(BODIES)


def answers(people, route, public):
    """By caller. Outsiders share a scene, so that it can be seen afterwards what they changed;
    the others get one of their own where they may change it."""
    if route.method == "POST":
        people.renew_devices()
    scene = Scene(people, public=public)
    before = scene.rows()
    replies = {caller: scene.call(route, caller) for caller in OUTSIDERS}
    if route.path not in BEARER_PATHS:
        assert scene.rows() == before
    for caller in (SIBLING, OWNER, ITSELF):
        if route.method not in ("GET", "HEAD"):
            scene = Scene(people, public=public)
        replies[caller] = scene.call(route, caller)
    return scene, replies


def check(replies, expected):
    found = " ".join(str(replies[caller].status) for caller in CALLERS)
    assert found == expected, dict(zip(CALLERS, found.split(), strict=True))


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_private_device_is_for_its_owner_and_itself(people, route):
    scene, replies = answers(people, route, public=False)
    check(replies, EXPECTED[route.method, route.path])
    for caller in OUTSIDERS:
        if route.path not in BEARER_PATHS:
            assert scene.device.encode() not in replies[caller].body or is_echo(replies[caller])
            assert scene.marker.encode() not in replies[caller].body


def is_echo(reply):
    """A refusal may name what was asked for."""
    return reply.status >= 400


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_a_public_device_is_read_by_all_and_changed_by_nobody_else(people, route):
    key = (route.method, route.path)
    _, replies = answers(people, route, public=True)
    check(replies, PUBLIC.get(key, EXPECTED[key]))


def test_who_may_look_at_a_public_device_sees_neither_metadata_nor_secrets(people):
    scene = Scene(people, public=True)
    paths = (f"/devices/{scene.device}", f"/devices/np/ada/{scene.nick}", "/devices?owner-nick=ada")
    secret = people.world.run(
        people.world.database.one("SELECT secret FROM devices WHERE id = ?", scene.device)
    )["secret"]
    for path in (*paths, f"/trails/{scene.device}/summary"):
        for caller in OUTSIDERS[1:]:
            reply = people.world.call("GET", path, token=scene.tokens[caller])
            assert reply.status == 200
            assert scene.device in reply.body.decode()
            assert scene.marker not in reply.body.decode()
            assert secret not in reply.body.decode()
            assert '"challenge":"' not in reply.body.decode()


@pytest.fixture(scope="module")
def removed(people):
    """A scene whose device is there no more, and still asks."""
    scene = Scene(people)
    path = f"/devices/{scene.device}"
    assert people.world.call("DELETE", path, token=scene.tokens[OWNER]).status == 200
    return scene


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_the_token_of_a_removed_device_opens_nothing(removed, route):
    """Also where none is needed but one is looked at."""
    is_blind = route.access is Access.BLIND
    assert removed.call(route, ITSELF).status == (200 if is_blind else 401)
