"""The agent's memory (PSS) idle with three containers, its peak while a large object comes in, and
the CPU of that PUT against `curl --unix-socket` to a sink plus `sha256sum` of the same bytes.

Goals of issue 4: idle <= 40 MiB, peak <= idle + 8 MiB, CPU ratio <= 1.3.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measuring import MIB, agent_pid, children_s, cpu_s, make_object, pss_mib, watched_pss

from surefoot.lab.checkouts import Part, write
from surefoot.lab.images import Image
from surefoot.lab.real import RealDevice

SIZE_MIB = int(sys.argv[1]) if len(sys.argv) > 1 else 500


def upload(socket, source, target):
    command = ["curl", "-sS", "--unix-socket", socket, "-T", source, f"http://localhost/{target}"]
    subprocess.run(command, check=True)


def measured_put(device, source, sha):
    pid = agent_pid(device)
    before, children = cpu_s(pid), children_s()
    with watched_pss(pid) as peak:
        upload(device.run / "pv-ctrl", source, f"objects/{sha}")
    return cpu_s(pid) - before + children_s() - children, peak[0]


SINK = """
import socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen()
peer, _ = server.accept(); left = int(sys.argv[2]); buffer = bytearray(262144)
head = b""
while b"\\r\\n\\r\\n" not in head: head += peer.recv(65536)
peer.sendall(b"HTTP/1.1 100 Continue\\r\\n\\r\\n"); left -= len(head.split(b"\\r\\n\\r\\n", 1)[1])
while left > 0: left -= peer.recv_into(buffer)
peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""


def floor(place, source):
    """curl to a sink that throws away, plus sha256sum, each a process of its own."""
    before = children_s()
    socket = place / "sink"
    sink = subprocess.Popen([sys.executable, "-c", SINK, socket, str(SIZE_MIB * MIB)])
    while not socket.exists():
        time.sleep(0.01)
    upload(socket, source, "sink")
    sink.wait()
    subprocess.run(["sha256sum", source], check=True, stdout=subprocess.DEVNULL)
    return children_s() - before


def main():
    with tempfile.TemporaryDirectory(prefix="surefoot-bench-") as name:
        place = Path(name)
        parts = {f"c{n}": Part(Image("healthy", str(n))) for n in range(3)}
        (place / "device").mkdir()
        device = RealDevice(place / "device")
        device.create(write(place / "checkout", place / "images", parts)).start()
        device.at_rest()
        sha = make_object(place / "object", SIZE_MIB)
        time.sleep(2)  # idle is what is left when nothing happens
        idle = pss_mib(agent_pid(device))
        cpu, peak = measured_put(device, place / "object", sha)
        base = floor(place, place / "object")
        device.stop()
    print(
        json.dumps(
            {
                "bench": "agent",
                "size_mib": SIZE_MIB,
                "idle_pss_mib": round(idle, 1),
                "peak_above_idle_mib": round(peak - idle, 1),
                "put_cpu_ratio": round(cpu / base, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
