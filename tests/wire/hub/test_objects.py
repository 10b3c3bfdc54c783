"""Bodies of objects (hub-wire 5)."""

import json
import re

import pytest

from surefoot.wire.hub import objects
from surefoot.wire.hub.objects import ObjectBody

SHA = "ab" * 32
BODY = ObjectBody(
    sha=SHA,
    owner="prn:::accounts:/5f3e9c0a1b2c3d4e5f600001",
    name="app/root.squashfs",
    mime="application/octet-stream",
    size=307200,
    created="2026-11-24T06:00:00.000000Z",
    modified="2026-11-24T06:00:01.000000Z",
    get_url="https://hub/local-s3/get",
    put_url="https://hub/local-s3/put",
    now=1795501378,
    lifetime_s=900,
)
# hub-wire 5: the simulator insists on each of them.
MEMBERS = {
    "id": SHA,
    "storage-id": objects.storage_id(BODY.owner, SHA),
    "owner": BODY.owner,
    "objectname": "app/root.squashfs",
    "sha256sum": SHA,
    "size": "307200",
    "sizeint": 307200,
    "mime-type": "application/octet-stream",
    "time-created": BODY.created,
    "time-modified": BODY.modified,
    "signed-puturl": "https://hub/local-s3/put",
    "signed-geturl": "https://hub/local-s3/get",
    "now": "1795501378",
    "expire-time": "15",
}
URLS = ("signed-puturl", "signed-geturl", "now", "expire-time")


def first_match(text, name):
    """As the C device looks (hub-wire 0.5): the string after the first one that equals `name`."""
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return strings[strings.index(name) + 1]


def test_an_object_has_all_members_and_size_and_times_as_text():
    assert json.loads(objects.encode(BODY)) == MEMBERS


def test_an_object_of_a_list_has_no_urls():
    plain = {name: value for name, value in MEMBERS.items() if name not in URLS}
    assert json.loads(objects.array([objects.encode_plain(BODY)] * 2)) == [plain, plain]
    assert objects.array([]) == b"[]"


@pytest.mark.parametrize("text", ["size", "sha256sum", "signed-geturl", "signed-puturl", "id"])
def test_a_name_that_is_a_member_leads_no_device_astray(text):
    body = ObjectBody(**{**vars(BODY), "name": text, "mime": text})
    found = objects.encode(body).decode()
    for name in ("id", "sha256sum", "size", "signed-geturl", "signed-puturl"):
        assert first_match(found, name) == MEMBERS[name]


def test_texts_are_not_escaped_more_than_they_must_be():
    body = ObjectBody(**{**vars(BODY), "name": 'é "x"\n'})
    assert '"objectname":"é \\"x\\"\\n"' in objects.encode(body).decode()
