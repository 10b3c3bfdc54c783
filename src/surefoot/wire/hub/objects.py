"""Bodies of objects (hub-wire 5).

A device takes the first string that equals the wanted name, key or value (hub-wire 0.5): what it
looks for stands before the two members that a client chose the text of.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectBody:
    """`owner`: a PRN. `size` in bytes. `created`, `modified`: RFC 3339. `now` in seconds since
    1970, `lifetime_s` of the two URLs; a URL that the reader has no use for is ""."""

    sha: str
    owner: str
    name: str
    mime: str
    size: int
    created: str
    modified: str
    get_url: str
    put_url: str
    now: int
    lifetime_s: int


def encode(body: ObjectBody) -> bytes:
    """One object with where to get and where to put it. All members are there: the simulator
    `pantavisor-mocker` insists."""
    members = {
        **_plain(body),
        "signed-geturl": body.get_url,
        "signed-puturl": body.put_url,
        "now": str(body.now),
        "expire-time": str(body.lifetime_s // 60),
        **_chosen(body),
    }
    return _compact(members)


def encode_plain(body: ObjectBody) -> bytes:
    """One object of a list, without URLs."""
    return _compact({**_plain(body), **_chosen(body)})


def array(bodies: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


def storage_id(owner: str, sha: str) -> str:
    """The reference's name for one owner's copy."""
    return hashlib.sha256(f"{owner}/{sha}".encode()).hexdigest()


def _plain(body: ObjectBody) -> dict[str, str | int]:
    return {
        "id": body.sha,
        "storage-id": storage_id(body.owner, body.sha),
        "owner": body.owner,
        "sha256sum": body.sha,
        "size": str(body.size),
        "sizeint": body.size,
        "time-created": body.created,
        "time-modified": body.modified,
    }


def _chosen(body: ObjectBody) -> dict[str, str]:
    return {"objectname": body.name, "mime-type": body.mime}


def _compact(members: Mapping[str, str | int]) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
