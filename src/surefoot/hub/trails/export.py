"""A step as a tarball, made while it is sent, the same bytes each time (hub-wire 7, pvr.md 2).

The device's own reader knows plain ustar headers only: no long names, no sizes of 8 GiB and more.
"""

import asyncio
import logging
import re
import tarfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.web import StreamResponse

from surefoot.errors import Corrupt, InvalidInput, SurefootError
from surefoot.hub.devices.store import Device
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.route import KIB, MIB
from surefoot.hub.trails.access import number, step_of
from surefoot.hub.trails.post import Checked, check
from surefoot.hub.trails.remote import named, newest
from surefoot.hub.trails.store import Step
from surefoot.revision.canonical import canonical
from surefoot.revision.json_text import read_json

log = logging.getLogger(__name__)
LATEST = "latest"
LARGEST_MEMBER = 8 * KIB * MIB - 1
CHUNK = MIB
_BLOCK = tarfile.BLOCKSIZE
_GZIP = 16 + zlib.MAX_WBITS
_UNSAFE = re.compile(r"[^A-Za-z0-9._+@-]")


@dataclass(frozen=True)
class Member:
    """`size` in bytes. `text`: the content itself, where there is no file."""

    name: str
    size: int
    mode: int
    file: Path | None = None
    text: bytes = b""


async def download(call: Call) -> StreamResponse:
    """`{filename}` says whether it is compressed; `?parts=a,b` takes `a`, what is below `a/`..."""
    device = await named(call)
    step = await step_of(call.hub.database, device.id, await _rev(call, device))
    members = await _members(call, await _selected(call, step))
    filename = _UNSAFE.sub("_", call.part("filename"))
    is_zipped = filename.lower().endswith((".gz", ".tgz"))
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/gzip" if is_zipped else "application/x-tar",
            "Content-Disposition": f'attachment; filename="{filename}"',
        }
    )
    if not is_zipped:
        response.content_length = size_of(members)
    await response.prepare(call.request)
    await _send(call, response, _zipped(tarred(members)) if is_zipped else tarred(members))
    return response


async def _send(call: Call, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> None:
    """What goes wrong from here on can only be told by a cut: the answer has begun."""
    try:
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except (SurefootError, OSError) as error:
        log.warning("%s was cut: %s", call.request.path, error)
        if call.request.transport is not None:
            call.request.transport.abort()


async def _rev(call: Call, device: Device) -> int:
    text = call.part("rev")
    return await newest(call, device) if text == LATEST else number(text)


async def _selected(call: Call, step: Step) -> Checked:
    """The whole state byte for byte; of parts the canonical text."""
    parts = [part for part in call.query.get("parts", "").split(",") if part]
    text = await asyncio.to_thread(select, step.state, parts) if parts else step.state
    return await check(text)


def select(state: str, parts: list[str]) -> str:
    """`#spec` always comes along."""
    value = read_json(state)
    assert isinstance(value, dict)
    wanted = {
        key: found
        for key, found in value.items()
        if key == "#spec" or any(key == part or key.startswith(f"{part}/") for part in parts)
    }
    return canonical(wanted)


async def _members(call: Call, state: Checked) -> list[Member]:
    """Raises InvalidInput, NotFound."""
    text = state.text.encode()
    members = [Member("json", len(text), 0o600, text=text)]
    for sha in sorted(state.objects):
        size = await call.hub.blobs.size(sha)
        if size > LARGEST_MEMBER:
            raise InvalidInput(f"The object {sha} has {size} bytes: too many for a tarball")
        path = await call.hub.blobs.path(sha)
        members.append(Member(f"objects/{sha}", size, 0o644, path))
    return members


# ---- tar ---------------------------------------------------------------------------------------


def size_of(members: list[Member]) -> int:
    return sum(_BLOCK + member.size + _padding(member.size) for member in members) + 2 * _BLOCK


def _padding(size: int) -> int:
    return -size % _BLOCK


async def tarred(members: list[Member]) -> AsyncIterator[bytes]:
    """Exactly `size_of` bytes, whatever happens to the files meanwhile. Raises Corrupt when
    one got shorter."""
    for member in members:
        yield header(member)
        async for piece in _content(member):
            yield piece
        yield bytes(_padding(member.size))
    yield bytes(2 * _BLOCK)


def header(member: Member) -> bytes:
    """No time and no owner: equal states make equal tarballs."""
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, member.mode
    return info.tobuf(tarfile.USTAR_FORMAT)


async def _content(member: Member) -> AsyncIterator[bytes]:
    if member.file is None:
        yield member.text
        return
    left = member.size
    with member.file.open("rb") as file:
        while left:
            piece = await asyncio.to_thread(file.read, min(CHUNK, left))
            if not piece:
                raise Corrupt(f"{member.name} got shorter while it was read")
            left -= len(piece)
            yield piece


async def _zipped(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """zlib's own gzip header has no time and no name in it."""
    packer = zlib.compressobj(wbits=_GZIP)
    async for piece in pieces:
        yield await asyncio.to_thread(packer.compress, piece)
    yield packer.flush()
