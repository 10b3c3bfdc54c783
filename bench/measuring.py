"""What the benches share: CPU and memory of processes, and bytes to move."""

import hashlib
import os
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

MIB = 1 << 20
GB = 10**9
TICKS = os.sysconf("SC_CLK_TCK")
# Reads its standard input: what `sha256sum` would be with OpenSSL's code for this CPU.
HASH = (
    "import hashlib, sys\n"
    "found = hashlib.sha256()\n"
    "while piece := sys.stdin.buffer.read1(1 << 18): found.update(piece)\n"
)


def agent_pid(device):
    """Of a `RealDevice` that runs."""
    for pid in device.processes():
        if b"agent" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return pid
    raise SystemExit("the agent is not there")


def cpu_s(pid):
    """User and system time of a process with its threads and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def children_s():
    """The same of our own children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pss_mib(pid):
    return _rollup_mib(pid, "Pss:")


def rss_mib(pid):
    return _rollup_mib(pid, "Rss:")


def _rollup_mib(pid, key):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def watched_pss(pid):
    """A list whose one element is the highest PSS so far, in MiB."""
    peak, over = [0.0], threading.Event()

    def watch():
        while not over.wait(0.02):
            peak[0] = max(peak[0], pss_mib(pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def make_object(place, size_mib):
    """Random bytes; their sha256."""
    digest = hashlib.sha256()
    with place.open("wb") as file:
        for _ in range(size_mib):
            piece = os.urandom(MIB)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def piped(first, *second):
    """CPU seconds of `first | second`, both together."""
    before = children_s()
    with subprocess.Popen(first, stdout=subprocess.PIPE) as source:
        subprocess.run(second, stdin=source.stdout, stdout=subprocess.DEVNULL, check=True)
    if source.returncode:
        raise SystemExit(f"{first[0]} failed with {source.returncode}")
    return children_s() - before


def python_cpu_s():
    """What a Python that hashes nothing takes to start."""
    before = children_s()
    subprocess.run([sys.executable, "-c", HASH], stdin=subprocess.DEVNULL, check=True)
    return children_s() - before
