"""Facts of the machine for device-meta, in the shapes of the reference (samples of the socket).

Read from /proc and the kernel at each call; a fact that this machine does not give is zero or
left out, never an error.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from surefoot.device.interfaces import interfaces

LOAD_SCALE = 65536  # sysinfo(2) gives loads as fixed-point numbers


class Machine:
    """`storage` is the directory whose file system the device lives on; `reserved_percent` of it
    (PV_STORAGE_GC_RESERVED) are not counted as room for updates."""

    def __init__(self, storage: Path, reserved_percent: int, proc: Path = Path("/proc")) -> None:
        self._storage = storage
        self._reserved_percent = reserved_percent
        self._proc = proc
        self.uname = _uname()
        self.cpumodel = _cpumodel(_text(proc / "cpuinfo"))
        self.arch = _arch()

    def storage(self) -> dict[str, int]:
        """Bytes. `real_free` is what an update may take."""
        stat = os.statvfs(self._storage)
        total, free = stat.f_blocks * stat.f_frsize, stat.f_bavail * stat.f_frsize
        reserved = total * self._reserved_percent // 100
        real_free = max(0, free - reserved)
        return {"total": total, "free": free, "reserved": reserved, "real_free": real_free}

    def interfaces(self) -> dict[str, list[str]]:
        """`eth0.mac`, `eth0.ipv4`, `eth0.ipv6`: lists of addresses."""
        return interfaces()

    def sysinfo(self) -> dict[str, int]:
        """The fields of sysinfo(2); memory in bytes, loads as fixed-point numbers."""
        memory = _meminfo(_text(self._proc / "meminfo"))
        load = (_text(self._proc / "loadavg").split() + ["0"] * 4)[:4]
        loads = {f"loads.{n}": int(float(load[n]) * LOAD_SCALE) for n in range(3)}
        return {
            "uptime": int(float((_text(self._proc / "uptime").split() or ["0"])[0])),
            **loads,
            "totalram": memory.get("MemTotal", 0),
            "freeram": memory.get("MemFree", 0),
            "sharedram": memory.get("Shmem", 0),
            "bufferram": memory.get("Buffers", 0),
            "totalswap": memory.get("SwapTotal", 0),
            "freeswap": memory.get("SwapFree", 0),
            "procs": int(load[3].partition("/")[2] or "0"),
            "totalhigh": memory.get("HighTotal", 0),
            "freehigh": memory.get("HighFree", 0),
            "mem_unit": 1,
        }

    def time(self) -> dict[str, dict[str, int]]:
        """The wall clock and its zone, as gettimeofday(2) has them."""
        micros = time.time_ns() // 1000
        zone = time.localtime()
        return {
            "timeval": {"tv_sec": micros // 1_000_000, "tv_usec": micros % 1_000_000},
            "timezone": {"tz_minuteswest": -(zone.tm_gmtoff // 60), "tz_dsttime": zone.tm_isdst},
        }


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _uname() -> dict[str, str]:
    name = os.uname()
    return {
        "kernel.name": name.sysname,
        "kernel.release": name.release,
        "kernel.version": name.version,
        "node.name": name.nodename,
        "machine": name.machine,
    }


def _cpumodel(cpuinfo: str) -> str:
    """The field has another name on each architecture; unnamed processors give the machine's."""
    fields = [line.partition(":") for line in cpuinfo.splitlines()]
    named = {name.strip(): value.strip() for name, _, value in reversed(fields)}
    wanted = ("model name", "Model", "cpu model", "Hardware", "cpu", "Processor")
    return next((named[name] for name in wanted if named.get(name)), os.uname().machine)


def _arch() -> str:
    """`x86_64/64/EL`: machine, bits, endianness."""
    bits = 64 if sys.maxsize > 2**32 else 32
    return f"{os.uname().machine}/{bits}/{'EL' if sys.byteorder == 'little' else 'EB'}"


def _meminfo(text: str) -> dict[str, int]:
    """Bytes by name; the file counts in KiB."""
    fields = (line.split() for line in text.splitlines())
    sizes: dict[str, Any] = {field[0].rstrip(":"): field[1] for field in fields if len(field) > 1}
    return {name: int(size) * 1024 for name, size in sizes.items() if size.isdecimal()}
