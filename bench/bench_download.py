"""An update through the Hub whose new object is large: what the agent takes for it.

    python bench/bench_download.py [SIZE_MIB] [ROUNDS]

A real device, a real Hub, TLS on loopback. CPU of the agent from the post until the revision is
installed, without what it takes idle, against `curl | sha256sum` of the same bytes from the same
Hub (goal of issue 5: at most 1.3), in turns, medians. Debian's sha256sum does not use the CPU's
instructions for it, OpenSSL does, and so does Python: the ratio to `curl | python` is the harder
one. Memory (PSS) above idle: at most 16 MiB. Then the same with a line that is cut ten times: bytes
that went over it by the object's size, at most 1.02.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from cutting_line import Line
from hub_on_loopback import Hub, free_port
from measuring import (
    HASH,
    MIB,
    agent_pid,
    cpu_s,
    make_object,
    piped,
    pss_mib,
    python_cpu_s,
    watched_pss,
)

from surefoot.client.checkout import open_source
from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.real import QUICK, RealDevice

SIZE_MIB = int(sys.argv[1]) if len(sys.argv) > 1 else 500
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
CUTS = 10
IDLE_S = 10
GOALS = {"cpu_ratio": 1.3, "peak_above_idle_mib": 16, "cut_bytes_ratio": 1.02}


class Bench:
    """`with Bench(...)`: a claimed device at rest, and its Hub behind `line`."""

    def __init__(self, place, hub, line):
        self.place, self.hub, self.line = place, hub, line
        self.owner = hub.owner()
        (place / "certs").mkdir()
        (place / "device").mkdir()
        self.ca = hub.ca(place / "certs" / "hub.crt")
        settings = {
            **QUICK,
            "PH_CREDS_HOST": "127.0.0.1",
            "PH_CREDS_PORT": str(line.port),
            "PV_LIBTHTTP_CERTSDIR": str(place / "certs"),
            "PH_UPDATER_INTERVAL": "1",
        }
        self.device = RealDevice(place / "device", settings)

    def __enter__(self):
        self.device.create(self.checkout("factory")).start()
        try:
            self.claim()
            self.device.at_rest()
            self.agent = agent_pid(self.device)
        except BaseException:
            self.device.stop()
            raise
        return self

    def __exit__(self, *_):
        self.device.stop()

    def checkout(self, name):
        images = self.place / "images"
        base, app = Part(Image("healthy", "base"), "root"), Part(Image("healthy", "app"))
        return write(self.place / name, images, {"base": base, "app": app})

    def claim(self):
        challenge = self.device.until(lambda: self.told("challenge"), "a challenge")
        self.id = self.told("device-id")
        self.owner.claim(self.id, challenge)
        self.device.until(lambda: self.owner.ask("GET", "/trails/"), "the first sync")

    def told(self, name):
        path = self.device.run / name
        return path.read_text() if path.is_file() else ""

    def idle(self):
        """CPU seconds a second and MiB, while nothing is to do but to poll."""
        time.sleep(2)
        before = cpu_s(self.agent)
        time.sleep(IDLE_S)
        return (cpu_s(self.agent) - before) / IDLE_S, pss_mib(self.agent)

    def upload(self, name):
        """A checkout with a new object of this size, and all it has at the Hub: its state and the
        object's sha."""
        checkout = self.checkout(name)
        sha = make_object(checkout / "app" / "large.bin", SIZE_MIB)
        source = open_source(checkout)
        for one in source.objects(source.sizes):
            self.owner.put(one.stream, one.sha, one.size)
        return source.text, sha

    def update(self, state):
        """Posts it and waits until it is installed: CPU seconds of the agent, seconds."""
        before, began = cpu_s(self.agent), time.monotonic()
        rev = str(self.owner.post(self.id, state))
        self.device.until(lambda: self.is_installed(rev), f"step {rev} to be installed")
        used, took = cpu_s(self.agent) - before, time.monotonic() - began
        end = self.device.ended(rev)
        if end.status != "UPDATED":
            raise SystemExit(f"step {rev} ended as {end}")
        return used, took

    def is_installed(self, rev):
        found = self.device.progress(rev)
        if found is None or found.status in ("NEW", "QUEUED", "DOWNLOADING"):
            return False
        return found.status != "INPROGRESS" or found.message == "Update installed"

    def fetch(self, sha):
        """As a person would: `curl URL`."""
        return ["curl", "-sS", "--cacert", self.ca, self.owner.url_of(sha)]


def whole(bench, number):
    """One update, and the same bytes by plain tools."""
    idle, idle_mib = bench.idle()
    state, sha = bench.upload(f"large-{number}")
    passed = bench.line.passed
    with watched_pss(bench.agent) as peak:
        used, took = bench.update(state)
    moved = bench.line.passed - passed
    floor = piped(bench.fetch(sha), "sha256sum")
    quick = piped(bench.fetch(sha), sys.executable, "-c", HASH) - python_cpu_s()
    return {
        "agent_cpu_s": used - idle * took,
        "curl_sha256sum_cpu_s": floor,
        "cpu_ratio": (used - idle * took) / floor,
        "cpu_ratio_to_curl_openssl": (used - idle * took) / quick,
        "idle_pss_mib": idle_mib,
        "peak_pss_mib": peak[0],
        "bytes_ratio": moved / (SIZE_MIB * MIB),
    }


def cut(bench, chance):
    """Bytes over a line that is cut at random, by those of the object."""
    state, _ = bench.upload("cut")
    passed = bench.line.passed
    places = (chance.randrange(SIZE_MIB * MIB) for _ in range(CUTS))
    bench.line.cuts_at = sorted(passed + place for place in places)
    bench.update(state)
    if bench.line.cuts != CUTS:
        raise SystemExit(f"the line was cut {bench.line.cuts} times")
    return (bench.line.passed - passed) / (SIZE_MIB * MIB)


def main():
    with tempfile.TemporaryDirectory(prefix="surefoot-bench-") as name:
        place, port = Path(name), free_port()
        public = f"https://127.0.0.1:{port}"
        with (
            Hub(place / "hub", "--public-url", public) as hub,
            Line(port, hub.tls) as line,
            Bench(place, hub, line) as bench,
        ):
            rounds = [whole(bench, number) for number in range(ROUNDS)]
            ratio = cut(bench, random.Random(5))
    medians = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
    idle_mib = rounds[0]["idle_pss_mib"]  # of an agent that has not updated yet
    figures = {
        **medians,
        "idle_pss_mib": idle_mib,
        "peak_above_idle_mib": max(one["peak_pss_mib"] for one in rounds) - idle_mib,
        "cut_bytes_ratio": ratio,
    }
    missed = [key for key, goal in GOALS.items() if figures[key] > goal]
    found = {key: round(value, 3) for key, value in figures.items()}
    print(json.dumps({"bench": "download", "size_mib": SIZE_MIB, "rounds": ROUNDS, **found}))
    print(json.dumps({"goals": GOALS, "missed": missed}))
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
