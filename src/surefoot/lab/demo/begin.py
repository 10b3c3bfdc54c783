"""The beginning: a Hub with an owner, and a new device that becomes hers."""

import json
import re
import secrets
import signal
from collections.abc import Iterator, Mapping
from typing import Any

from surefoot.client.wait import until_idle
from surefoot.errors import TimedOut
from surefoot.lab.demo import compare
from surefoot.lab.demo.audience import Side
from surefoot.lab.demo.look import compare_runs
from surefoot.lab.demo.rows import FACTORY
from surefoot.lab.demo.stage import CERTS, Stage
from surefoot.lab.demo.story import FIRST
from surefoot.lab.line import GOOD, HELD
from surefoot.wire.progress import Status

OWNER = "ada"
_CA = f"{CERTS}/hub.crt"
_CLAIMED = re.compile(r"claimed (\S+) \(([0-9a-f]{24})\)")


def set_up(stage: Stage) -> Iterator[str]:
    """Both run, the device is claimed, and the Hub knows what it runs. Gives differences."""
    # Here it shows whether images can be built, before anything runs.
    checkout = stage.checkout("factory", FIRST)
    yield from _hub(stage)
    stage.device.create(checkout)
    stage.says(Side.DEVICE, f"device {stage.device.id} created from a checkout")
    stage.device.start()
    yield from _factory(stage)
    yield from _claim(stage)
    yield from _first_sync(stage)


def _hub(stage: Stage) -> Iterator[str]:
    data = stage.hub.data.name
    stage.audience.command(stage.hub.words)
    stage.hub.start()
    for line in stage.hub.said().splitlines()[:1]:
        stage.audience.prints(line)
    stage.says(Side.HUB, "this is the address over the line to the device; the owner is nearer")
    password = secrets.token_urlsafe(16)
    yield from stage.run(
        "hub", "user", "add", OWNER, "--data", data, "--password-stdin", said=password
    )
    certificate = stage.desk.begin("hub", "ca", "--data", data, into=_CA)
    yield from compare.exit_code(certificate, certificate.wait(stage.left_s()), 0)
    yield from stage.run(
        "login", stage.hub.url, "--user", OWNER, "--ca", _CA, "--password-stdin", said=password
    )


def _factory(stage: Stage) -> Iterator[str]:
    watch = stage.watch()
    status = watch.until(until_idle)
    stage.says(Side.DEVICE, _runtime(stage, status))
    yield from compare.record("0", (FACTORY,), watch.seen)
    yield from compare_runs(stage, "0", "0", status)


def _runtime(stage: Stage, status: Mapping[str, Any]) -> str:
    """Which one runs the containers, and why it was taken: the agent says so in its log."""
    told = f"containers are run by {status['runtime']}"
    log = stage.device.client.get_bytes("/logs/current/pantavisor?tail=100")
    lines = (json.loads(line)["msg"] for line in log.splitlines())
    return next((line for line in lines if line.startswith(told)), told)


def _claim(stage: Stage) -> Iterator[str]:
    challenge, id = (_shown(stage, name) for name in ("challenge", "device-id"))
    stage.says(Side.DEVICE, f"registered as {id}; it shows its challenge: {challenge}")
    stage.line.become(HELD)  # so that SYNCING is there to be seen
    claim = stage.desk.begin("claim", id, challenge)
    yield from compare.exit_code(claim, claim.wait(stage.left_s()), 0)
    found = _CLAIMED.search("\n".join(claim.lines))
    if found is None or found[2] != id:
        yield f"`{claim}` printed {claim.lines}"
    stage.nick = found[1] if found else id


def _shown(stage: Stage, name: str) -> str:
    """A file of the run directory (hub-wire.md 8.3)."""
    path = stage.device.run / name
    return stage.until(lambda: path.is_file() and path.read_text().strip(), name) or ""


def _first_sync(stage: Stage) -> Iterator[str]:
    watch = stage.desk.begin("devices", "--watch")
    status, message = FACTORY
    try:
        stage.until(lambda: watch.tells(Status.SYNCING.value), "SYNCING at the Hub")
        stage.line.become(GOOD)
        stage.until(lambda: watch.tells(f"{status}  {message}"), "the first sync")
    except TimedOut as error:
        yield f"{error}: `{watch}` printed {watch.lines}"
    watch.end(signal.SIGINT)
