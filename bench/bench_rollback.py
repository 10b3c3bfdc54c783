"""How long a container is missed when its new revision's init fails, beyond the time to notice it.

From ERROR to the old container's next start, as the device's own events tell it, against
the time that the same device needs for a plain restart of the same container by command. Goal of
issue 4: at most 0.5 s.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.real import RealDevice

ROUNDS = 5


def until(stream, holds):
    """The moment at which an event that `holds` arrives."""
    for event in stream:
        if holds(event):
            return time.monotonic()
    raise SystemExit("the device stopped telling")


def is_started(event):
    return event.kind == "container" and event.data == {
        "name": "app",
        "status": "STARTED",
        "goal": "STARTED",
    }


def is_error(event):
    return event.kind == "progress" and event.data["status"] == "ERROR"


def rollback_s(device, checkout, name):
    device.install(checkout, name)
    stream = iter(device.client.events())
    device.client.command("LOCAL_RUN", name)
    noticed = until(stream, is_error)
    back = until(stream, is_started)
    device.at_rest()
    return back - noticed


def restart_s(device):
    stream = iter(device.client.events())
    begun = time.monotonic()
    device.client.put_json("/containers/app", {"action": "restart"})
    return until(stream, is_started) - begun


def main():
    with tempfile.TemporaryDirectory(prefix="surefoot-bench-") as name:
        place = Path(name)
        images = place / "images"
        base, app = Part(Image("healthy", "base"), "root"), Part(Image("healthy", "app"))
        (place / "device").mkdir()
        device = RealDevice(place / "device")
        device.create(write(place / "factory", images, {"base": base, "app": app})).start()
        device.at_rest()
        rollbacks = []
        for number in range(ROUNDS):
            bad = Part(Image("exits-at-once", f"app-{number}"))
            checkout = write(place / f"bad-{number}", images, {"base": base, "app": bad})
            rollbacks.append(rollback_s(device, checkout, f"locals/bad-{number}"))
        restarts = [restart_s(device) for _ in range(ROUNDS)]
        device.stop()
    outage, restart = statistics.median(rollbacks), statistics.median(restarts)
    print(
        json.dumps(
            {
                "bench": "rollback",
                "outage_beyond_notice_s": round(outage, 3),
                "worst_s": round(max(rollbacks), 3),
                "ratio_to_restart_by_command": round(outage / restart, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
