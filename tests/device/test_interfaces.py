"""Addresses of this machine, compared with what other ways tell of them."""

import re
import socket
from pathlib import Path

from surefoot.device.interfaces import interfaces


def test_the_loopback_interface_has_its_addresses_and_no_mac():
    found = interfaces()
    assert "127.0.0.1" in found["lo.ipv4"]
    assert "lo.mac" not in found


def test_every_hardware_address_is_the_one_in_sysfs():
    found = interfaces()
    for name, (mac, *_) in ((n, v) for n, v in found.items() if n.endswith(".mac")):
        interface = name.removesuffix(".mac")
        assert Path(f"/sys/class/net/{interface}/address").read_text().strip() == mac
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", mac)


def test_every_ipv6_address_of_the_kernels_table_is_found():
    found = interfaces()
    table = Path("/proc/net/if_inet6")
    for line in table.read_text().splitlines() if table.exists() else []:
        raw, *_, interface = line.split()
        address = socket.inet_ntop(socket.AF_INET6, bytes.fromhex(raw))
        shown = f"{address}%{interface}" if address.startswith("fe80:") else address
        assert shown in found[f"{interface}.ipv6"]
