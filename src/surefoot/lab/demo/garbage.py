"""What the device's socket and the Hub must refuse, keeping nothing of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from surefoot.client.unix import connect
from surefoot.lab.demo.audience import Side
from surefoot.lab.demo.stage import Stage

_NO_SUM = "0" * 64
_STATE = '{"#spec":"pantavisor-service-system@1","bsp/run.json":{},"app/root.squashfs":"%s"}'


@dataclass(frozen=True)
class Garbage:
    """`target`: with the device's id, and the number that a new revision would have, filled in."""

    what: str
    target: str
    body: bytes
    status: int
    method: str = "PUT"


AT_THE_SOCKET: tuple[Garbage, ...] = (
    Garbage("a state that is no state", "/steps/locals/garbage", b'{"hello": "world"}', 422),
    Garbage("a state cut off in the middle", "/steps/locals/garbage", b'{"#spec": "pantavi', 422),
    Garbage("an object with other bytes than its sum", f"/objects/{_NO_SUM}", b"junk", 422),
)
_STEPS = "/trails/{device}/steps"


def _step(state: str) -> bytes:
    return b'{"rev":-1,"state":' + state.encode() + b"}"


AT_THE_HUB: tuple[Garbage, ...] = (
    Garbage("a state that is no state", _STEPS, _step('{"hello":"world"}'), 422, "POST"),
    Garbage("a step cut off in the middle", _STEPS, _step("{")[:-1], 400, "POST"),
    Garbage(
        "a state with an object that is not there", _STEPS, _step(_STATE % _NO_SUM), 422, "POST"
    ),
)
WRONG_BYTES = Garbage("an object with other bytes than its sum", "/local-s3/", b"junk", 400)


def offer(stage: Stage) -> Iterator[str]:
    """Gives what was taken, or refused in another way than the script says."""
    yield from _offer_socket(stage)
    yield from _offer_hub(stage)


def _offer_socket(stage: Stage) -> Iterator[str]:
    before = _on_device(stage)
    for one in AT_THE_SOCKET:
        status, text = _put(stage, one)
        yield from _judge(stage, Side.DEVICE, one, status, text)
    kept = _on_device(stage) - before
    if not kept:
        stage.says(Side.DEVICE, "nothing of it is kept")
    else:
        yield f"the device has kept of refused garbage: {', '.join(sorted(kept))}"


def _put(stage: Stage, one: Garbage) -> tuple[int, str]:
    """The answer's status and error text, read off the wire."""
    head = f"{one.method} {one.target} HTTP/1.0\r\nContent-Length: {len(one.body)}\r\n\r\n"
    answer = b""
    with connect(stage.device.client.path, stage.left_s()) as connection:
        connection.sendall(head.encode() + one.body)
        while piece := connection.recv(65536):
            answer += piece
    first, _, rest = answer.partition(b"\r\n")
    return int(first.split()[1]), _words(rest.partition(b"\r\n\r\n")[2])


def _words(body: bytes) -> str:
    """The reason of a refusal, without its wrapping."""
    found = json.loads(body)
    return str(found.get("Reason") or found["Error"])


def _on_device(stage: Stage) -> set[str]:
    client = stage.device.client
    steps = {str(step["name"]) for step in client.get("/steps")}
    return steps | {str(entry["sha256"]) for entry in client.get("/objects")}


def _offer_hub(stage: Stage) -> Iterator[str]:
    last, blobs = stage.owner.last_revision(stage.nick), _at_hub(stage)
    device = stage.owner.overview(stage.nick).id
    for one in AT_THE_HUB:
        status, text = stage.owner.send(one.method, one.target.format(device=device), one.body)
        yield from _judge(stage, Side.HUB, one, status, text)
    status, text = stage.owner.send_object(_NO_SUM, WRONG_BYTES.body)
    yield from _judge(stage, Side.HUB, WRONG_BYTES, status, text)
    kept = _at_hub(stage) - blobs
    if not kept and stage.owner.last_revision(stage.nick) == last:
        stage.says(Side.HUB, "nothing of it is kept")
    else:
        yield f"the Hub has kept of refused garbage: {', '.join(sorted(kept)) or 'a step'}"


def _at_hub(stage: Stage) -> set[str]:
    place = stage.hub.data / "blobs"
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


def _judge(stage: Stage, side: Side, one: Garbage, status: int, text: str) -> Iterator[str]:
    stage.says(side, f"{one.what}: {status} {text}")
    if status != one.status:
        yield f"{one.what} was answered {status}, not {one.status}"
