"""Saying which bytes one means to have (hub-wire 5): the answer tells whether to send them."""

import re
from dataclasses import dataclass

import msgspec

from surefoot.errors import InvalidInput, NotFound
from surefoot.hub.db.errors import Orphan
from surefoot.hub.frame.call import now
from surefoot.hub.frame.hub import Hub
from surefoot.hub.frame.problems import Malformed, TooLarge
from surefoot.hub.objects import store
from surefoot.hub.objects.room import require_room
from surefoot.hub.objects.store import ANNOUNCED, Stored
from surefoot.revision.values import is_sha256

BINARY = "application/octet-stream"
LONGEST_NAME = 1024
LONGEST_MIME = 255
_SIZE = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


class Announcement(msgspec.Struct, rename={"mime": "mime-type"}):
    """The body of an announcement. pvr sends more members, all empty."""

    sha256sum: str
    size: str | int
    objectname: str = ""
    mime: str = BINARY
    id: str = ""


class Renaming(msgspec.Struct):
    objectname: str


@dataclass(frozen=True)
class Announced:
    """`present`: nothing needs to be sent."""

    stored: Stored
    present: bool


def wanted(body: Announcement, owner_id: str, most: int) -> Stored:
    """Raises Malformed (400), TooLarge beyond `most` bytes."""
    if not is_sha256(body.sha256sum):
        raise Malformed(f"sha256sum is {body.sha256sum[:80]!r}; 64 lower-case hex digits are one")
    if body.id not in ("", body.sha256sum):
        raise Malformed("The id of an object is its sha256sum; leave it out")
    size = _size(body.size)
    if size > most:
        raise TooLarge(f"An object may have {most} bytes here")
    name, mime = checked_name(body.objectname), body.mime[:LONGEST_MIME] or BINARY
    return Stored(owner_id, body.sha256sum, name, mime, size, ANNOUNCED, now(), now())


def checked_name(name: str) -> str:
    """Raises InvalidInput."""
    if len(name) > LONGEST_NAME or "\0" in name:
        raise InvalidInput(f"A name of an object has at most {LONGEST_NAME} letters, and no NUL")
    return name


async def announce(hub: Hub, new: Stored) -> Announced:
    """What a public device's step has is the owner's from now on, too. Raises NotFound when he has
    no account any more: a conflict would tell the client that the bytes are here; TooLarge when he
    would have more bytes than he may."""
    try:
        async with hub.database.transaction() as tx:
            await store.announce(tx, new)
            linked = await store.link(tx, new.owner, [new.sha])
            stored = await store.get(tx, new.owner, new.sha) or new
            if linked or not stored.present:
                coming = 0 if stored.present else stored.size
                await require_room(tx, new.owner, coming, hub.limits.account_bytes)
    except Orphan as error:
        raise NotFound("The account that announces this object is gone") from error
    # A blob that is gone can be healed by whoever has its bytes: they are asked for.
    return Announced(stored, stored.present > 0 and await hub.blobs.has(new.sha))


def _size(given: str | int) -> int:
    text = str(given)
    if not _SIZE.match(text):
        raise Malformed(f"size is {text[:40]!r}; a number of bytes is wanted")
    return int(text)
