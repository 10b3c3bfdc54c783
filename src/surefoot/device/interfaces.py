"""The addresses of the machine's network interfaces, asked of the kernel (rtnetlink(7)).

The standard library lists interfaces but not their addresses; two dumps of one socket do.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 18, 20, 22
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST_DUMP = 0x301
IFLA_ADDRESS, IFLA_IFNAME = 1, 3
IFA_ADDRESS, IFA_LOCAL = 1, 2
HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
LINK = struct.Struct("=BxHiII")  # family, hardware, index, flags, change
ADDRESS = struct.Struct("=BBBBI")  # family, prefix, flags, scope, index
ATTRIBUTE = struct.Struct("=HH")  # length, type
ANSWER_MAX_BYTES = 1 << 18
WAIT_S = 1.0


@dataclass
class _Interface:
    name: str
    mac: str = ""
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()


def interfaces() -> dict[str, list[str]]:
    """`lo.ipv4`, `eth0.mac`, `eth0.ipv4`, `eth0.ipv6`, as device-meta names them; a link-local
    address with its interface (`fe80::1%eth0`). Empty where the kernel does not answer."""
    found: dict[int, _Interface] = {}
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
            asked.settimeout(WAIT_S)
            for body in _dump(asked, RTM_GETLINK, RTM_NEWLINK):
                _add_link(found, body)
            for body in _dump(asked, RTM_GETADDR, RTM_NEWADDR):
                _add_address(found, body)
    except OSError:
        return {}
    return dict(_named(found))


def _named(found: dict[int, _Interface]) -> Iterator[tuple[str, list[str]]]:
    for _, interface in sorted(found.items()):
        if interface.mac:
            yield f"{interface.name}.mac", [interface.mac]
        if interface.ipv4:
            yield f"{interface.name}.ipv4", list(interface.ipv4)
        if interface.ipv6:
            yield f"{interface.name}.ipv6", list(interface.ipv6)


def _dump(asked: socket.socket, request: int, answer: int) -> Iterator[bytes]:
    """The bodies of the answers to a request for all there is."""
    body = struct.pack("=Bxxx", socket.AF_UNSPEC).ljust(LINK.size, b"\0")
    size = HEADER.size + len(body)
    asked.send(HEADER.pack(size, request, NLM_F_REQUEST_DUMP, request, 0) + body)
    while True:
        data = asked.recv(ANSWER_MAX_BYTES)
        while len(data) >= HEADER.size:
            length, kind, _, sequence, _ = HEADER.unpack_from(data)
            if kind in (NLMSG_DONE, NLMSG_ERROR) or length < HEADER.size:
                return
            if kind == answer and sequence == request:
                yield data[HEADER.size : length]
            data = data[_aligned(length) :]


def _add_link(found: dict[int, _Interface], body: bytes) -> None:
    attributes = _attributes(body[LINK.size :])
    index = LINK.unpack_from(body)[2]
    mac = attributes.get(IFLA_ADDRESS, b"")
    # A loopback device, a tunnel: none, or none that says anything.
    shown = mac.hex(":") if len(mac) == 6 and any(mac) else ""
    found[index] = _Interface(attributes.get(IFLA_IFNAME, b"").rstrip(b"\0").decode(), shown)


def _add_address(found: dict[int, _Interface], body: bytes) -> None:
    family, *_, index = ADDRESS.unpack_from(body)
    attributes = _attributes(body[ADDRESS.size :])
    # On a point-to-point link IFA_ADDRESS is the other end.
    raw = attributes.get(IFA_LOCAL) or attributes.get(IFA_ADDRESS)
    interface = found.get(index)
    if interface is None or not raw or family not in (socket.AF_INET, socket.AF_INET6):
        return
    text = socket.inet_ntop(family, raw)
    if family == socket.AF_INET:
        interface.ipv4 += (text,)
    else:
        interface.ipv6 += (f"{text}%{interface.name}" if text.startswith("fe80:") else text,)


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(data)
        if length < ATTRIBUTE.size:
            break
        found[kind] = data[ATTRIBUTE.size : length]
        data = data[_aligned(length) :]
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3
