"""The words of the stand-in: a request, an answer, and what a Hub remembers of devices."""

import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ZERO = "0001-01-01T00:00:00Z"
SPECS = (
    "pantavisor-multi-platform@1",
    "pantavisor-service-embed@1",
    "pantavisor-service-system@1",
)
SHA = re.compile(r"[0-9a-f]{64}")
AUTO_TOKEN = "pantahub-devices-auto-token-v1"
# Of a progress the reference keeps what its model names (4); all else is dropped.
PROGRESS = ("progress", "downloads", "status-msg", "data", "status", "log")


@dataclass(frozen=True)
class Asked:
    """One request: `path` without scheme and host; `query` as it was sent, still encoded; `line`
    the first line as it came; `headers` by lower-case name, in their order."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    line: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Told:
    """One answer. `body` of a dict or list is sent in its own order."""

    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Device:
    id: str
    secret: str
    challenge: str
    nick: str
    owner: str = ""
    user_meta: dict[str, Any] = field(default_factory=dict)
    device_meta: dict[str, Any] = field(default_factory=dict)

    @property
    def prn(self) -> str:
        return f"prn:::devices:/{self.id}"


@dataclass
class Step:
    rev: int
    state: dict[str, Any]
    message: str
    meta: dict[str, Any]
    progress: dict[str, Any]
    received: list[dict[str, Any]] = field(default_factory=list)  # every progress, as it came


@dataclass(frozen=True)
class Token:
    prn: str
    owner: str  # as it was at login


class Refused(Exception):
    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self.told = told


def refusal(status: int, message: str) -> Refused:
    body = {"error": f"REST-ERR-ID-{secrets.token_hex(4)}", "msg": message, "code": status}
    return Refused(Told(status, body))


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def canonical(value: Any) -> Any:
    """The value with sorted keys, and integers that went through a float (4.5)."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [canonical(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return int(float(value))
    return value


def canonical_text(value: Any) -> str:
    return json.dumps(canonical(value), ensure_ascii=False, separators=(",", ":"))


def objects_of(state: dict[str, Any]) -> dict[str, str]:
    return {
        key: value for key, value in state.items() if key != "#spec" and not key.endswith(".json")
    }
