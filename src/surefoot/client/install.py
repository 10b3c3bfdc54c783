"""Brings a source onto a device through its control socket: missing objects, then the step.

Nothing is run here. Sources: device.md 2 "Local", pvr.md 6.1 `steps install`, rulings R12, R24.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from surefoot.client.checkout import OpenObject, Source
from surefoot.client.exchange import Asked, exchange
from surefoot.client.socket import ANSWER_S, CHUNK_BYTES, SocketClient
from surefoot.errors import Corrupt
from surefoot.revision import LOCALS, State, check_revision_name

_NAME_DIGITS = 12


@dataclass(frozen=True)
class Transfer:
    """`done` of `size` bytes of one object are through; `path`: one that names it in the state."""

    sha: str
    path: str
    done: int
    size: int


Watch = Callable[[Transfer], None]


@dataclass(frozen=True)
class Installed:
    """`sent`, `kept`: how many objects went to the device, and were there; `sent_bytes`."""

    revision: str
    sent: int
    kept: int
    sent_bytes: int


def default_name(text: str) -> str:
    """The same state has the same name: `locals/` and the start of its sha256 (R24)."""
    return LOCALS + hashlib.sha256(text.encode()).hexdigest()[:_NAME_DIGITS]


def local_name(name: str) -> str:
    """With or without `locals/` before it. Raises InvalidInput."""
    return check_revision_name(LOCALS + name.removeprefix(LOCALS))


def install(
    client: SocketClient,
    source: Source,
    name: str,
    watch: Watch = lambda _: None,
    message: str = "",
) -> Installed:
    """The device has `name`, stored and not run. Twice is harmless: what is there is not sent.

    Raises NotFound for an object that neither side has, Corrupt when a file changed meanwhile, and
    what the device answers (InvalidInput for a bad state, Conflict for a name in use, NoRoom).
    """
    wanted = source.missing(_there(client))
    source.require(wanted, ", nor on the device")
    paths = _paths(source.state)
    for each in source.objects(wanted):
        _send(client, each, paths[each.sha], watch)
    client.put(f"/steps/{name}", source.text.encode())
    if message:
        client.put(f"/steps/{name}/commitmsg", message.encode())
    sent_bytes = sum(source.sizes[sha] for sha in wanted)
    return Installed(name, len(wanted), len(paths) - len(wanted), sent_bytes)


def _there(client: SocketClient) -> dict[str, int]:
    return {entry["sha256"]: int(entry["size"]) for entry in client.get("/objects")}


def _paths(state: State) -> dict[str, str]:
    """Of each object the first path that names it."""
    return {sha: path for path, sha in sorted(state.objects.items(), reverse=True)}


def _send(client: SocketClient, each: OpenObject, path: str, watch: Watch) -> None:
    body = _pieces(each, path, watch)
    with exchange(client.path, Asked("PUT", f"/objects/{each.sha}", body, each.size), ANSWER_S):
        pass  # the answer has no body


def _pieces(each: OpenObject, path: str, watch: Watch) -> Iterator[bytes]:
    """Exactly as many bytes as were promised."""
    done = 0
    watch(Transfer(each.sha, path, done, each.size))
    while done < each.size:
        piece = each.stream.read(min(CHUNK_BYTES, each.size - done))
        if not piece:
            raise Corrupt(f"{path} became shorter while it was sent; install it again")
        yield piece
        done += len(piece)
        watch(Transfer(each.sha, path, done, each.size))
