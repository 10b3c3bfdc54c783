"""`GET` and `HEAD` of a signed URL: the bytes, from where the caller wants them."""

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from surefoot.errors import Forbidden, NotFound
from surefoot.hub.frame.call import Call
from surefoot.hub.objects import sending, signing, store
from surefoot.hub.objects.ranges import Part, part
from surefoot.hub.objects.store import Stored

log = logging.getLogger(__name__)
BINARY = "application/octet-stream"


async def download(call: Call) -> web.StreamResponse:
    """200, 206 or 416. Raises Forbidden for a ticket that is not good for this, NotFound when its
    owner has the object no more."""
    stored = await _allowed(call)
    path = await call.hub.blobs.path(stored.sha)
    with _opened(path) as file:
        headers, etag = call.request.headers, f'"{stored.sha}"'
        asked, if_range = headers.get("Range", ""), headers.get("If-Range", "")
        wanted = part(asked, if_range, etag, os.fstat(file).st_size)
        response = _headed(stored, etag, wanted)
        if call.request.method == "HEAD" or wanted.status == 416:
            return response
        try:
            await sending.send(call.request, response, file, wanted.start, wanted.length)
        except OSError as error:
            log.debug("object %s was not sent whole: %s", stored.sha, error)
            _cut(call.request)  # the peer must not take for whole what is not
        return response


async def _allowed(call: Call) -> Stored:
    signer = await signing.signer(call.hub)
    ticket = signer.read(call.part("token"), int(time.time()))
    if ticket.method != signing.GET:
        raise Forbidden("This URL is for sending the object, not for fetching it")
    stored = await store.get(call.hub.database, ticket.owner, ticket.sha)
    if stored is None or not stored.present:
        raise NotFound(f"Object {ticket.sha} is not here any more")
    return stored


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open, it stays whole, whatever becomes of its name. Raises NotFound."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise NotFound(f"Object {path.name} is not here any more") from error
    try:
        yield file
    finally:
        os.close(file)


def _headed(stored: Stored, etag: str, wanted: Part) -> web.StreamResponse:
    headers = {
        "Content-Type": BINARY,
        "Content-Disposition": _disposition(stored.name),
        "Content-Length": str(wanted.length),
        "Accept-Ranges": "bytes",
        "ETag": etag,
    }
    if wanted.content_range:
        headers["Content-Range"] = wanted.content_range
    return web.StreamResponse(status=wanted.status, headers=headers)


def _disposition(name: str) -> str:
    """An owner's name for it cannot break out of the header (RFC 6266)."""
    kept = "".join(letter if _is_plain(letter) else "_" for letter in name)
    whole = f"; filename*=UTF-8''{quote(name, safe='')}" if kept != name else ""
    return f'attachment; filename="{kept}"{whole}'


def _is_plain(letter: str) -> bool:
    return " " <= letter <= "~" and letter not in '"\\%'


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
