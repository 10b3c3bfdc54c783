"""Bodies of logs (hub-wire 9)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

ACCEPTED = b'{"status":"ok"}'


@dataclass(frozen=True)
class LogEntry:
    """`device`, `owner`: PRNs. `created`: when it came, RFC 3339. The rest is as the device said:
    seconds and nanoseconds may be 0 (the C device's always are), `rev` is a text."""

    id: int
    device: str
    owner: str
    created: str
    tsec: int
    tnano: int
    lvl: str
    src: str
    plat: str
    rev: str
    msg: str


def page(entries: Iterable[LogEntry], start: int, size: int, cursor: str) -> bytes:
    """One answer. `count`: of the entries in it. `cursor`: left out when ""."""
    shown = [_entry(entry) for entry in entries]
    members = {
        "start": start,
        "page": size,
        "count": len(shown),
        **({"next-cursor": cursor} if cursor else {}),
        "entries": shown,
    }
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


def _entry(entry: LogEntry) -> dict[str, str | int]:
    return {
        "id": f"{entry.id:024x}",  # as long as any other id
        "dev": entry.device,
        "own": entry.owner,
        "time-created": entry.created,
        "tsec": entry.tsec,
        "tnano": entry.tnano,
        "lvl": entry.lvl,
        "src": entry.src,
        "plat": entry.plat,
        "rev": entry.rev,
        "msg": entry.msg,
    }
