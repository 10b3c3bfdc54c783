"""What real clients sent and were answered (tests/data/recorded/), taken apart for a replay.

A line of a recording is an exchange or an event (what the Hub or its owner did meanwhile). Binary
bodies are recorded by their sum and size only, so `Recording.content` makes up content of that
size: another sum, by which `Recording.sums` replaces the recorded one everywhere.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).parents[1] / "data" / "recorded"
SUM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
UNKNOWN_SIZE = 1000


@dataclass(frozen=True)
class Event:
    index: int
    what: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """`body` and `answer_body` are text, or a dict that describes bytes, or None."""

    index: int
    line: str
    headers: list[tuple[str, str]]
    body: Any
    status: int
    answer_headers: dict[str, str]  # by lower-case name
    answer_body: Any
    times: int

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def is_old(self) -> bool:
        """Sent by the C device's old client."""
        return self.line.endswith(" HTTP/1.0")

    @property
    def path(self) -> str:
        """Without scheme, host and query."""
        target = re.sub(r"^https?://[^/]+", "", self.line.split(" ")[1])
        return target.partition("?")[0]

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def said(self) -> Any:
        """The recorded answer as JSON; None when it was none, or is not recorded."""
        try:
            return json.loads(self.answer_body)
        except (TypeError, ValueError):
            return None


@dataclass
class Recording:
    name: str
    lines: list[Event | Exchange]
    commands: list[dict[str, Any]] = field(default_factory=list)
    sums: dict[str, str] = field(default_factory=dict)
    _content: dict[str, bytes] = field(default_factory=dict)

    @property
    def client(self) -> str:
        return self.name.split("-")[0]

    @property
    def exchanges(self) -> list[Exchange]:
        return [line for line in self.lines if isinstance(line, Exchange)]

    def content(self, recorded_sum: str) -> bytes:
        return self._content[recorded_sum]

    def after(self, index: int) -> Iterator[Exchange]:
        return (exchange for exchange in self.exchanges if exchange.index > index)


def _rows(path: Path) -> list[dict[str, Any]]:
    """By line feeds alone: JSON texts may hold other ends of a line."""
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def names() -> list[str]:
    return sorted(path.stem for path in PLACE.glob("*.jsonl"))


@cache
def read(name: str) -> Recording:
    rows = _rows(PLACE / f"{name}.jsonl")
    recording = Recording(name, [])
    for index, row in enumerate(rows):
        if "commands" in row:
            recording.commands = row["commands"]
        elif "event" in row:
            recording.lines.append(Event(index, row["event"], row))
        else:
            recording.lines.append(_exchange(index, row))
    _fill(recording)
    return recording


def _exchange(index: int, row: dict[str, Any]) -> Exchange:
    request, answer = row["request"], row["answer"]
    found = answer.get("headers", [])
    pairs = found.items() if isinstance(found, dict) else found
    return Exchange(
        index,
        request["line"],
        [(name, value) for name, value in request["headers"]],
        request["body"],
        answer["status"],
        {name.lower(): value for name, value in pairs},
        answer.get("body"),
        row.get("repeated", 1),
    )


def _fill(recording: Recording) -> None:
    """Finds or makes up the content of every sum that the recording speaks of."""
    known = _texts()
    sizes = _sizes(recording)
    text = (PLACE / f"{recording.name}.jsonl").read_text()
    for recorded in sorted(set(SUM.findall(text))):
        content = known.get(recorded)
        if content is None:
            size = sizes.get(recorded, UNKNOWN_SIZE)
            content = (f"{recorded}\n".encode() * (size // 65 + 1))[:size]
            recording.sums[recorded] = hashlib.sha256(content).hexdigest()
        recording._content[recorded] = content


@cache
def _texts() -> dict[str, bytes]:
    """Uploads that are recorded in full, in any of the recordings."""
    found = {}
    for path in PLACE.glob("*.jsonl"):
        for row in _rows(path):
            body = row.get("request", {}).get("body")
            if isinstance(body, str) and body:
                data = body.encode()
                found[hashlib.sha256(data).hexdigest()] = data
    return found


def _sizes(recording: Recording) -> dict[str, int]:
    found: dict[str, int] = {}
    for exchange in recording.exchanges:
        for body in (exchange.body, exchange.answer_body):
            if isinstance(body, dict) and "sha256" in body:
                found[body["sha256"]] = body["bytes"]
            elif isinstance(body, str) and '"sha256sum"' in body:
                entries = json.loads(body)
                for entry in entries if isinstance(entries, list) else [entries]:
                    found[entry["sha256sum"]] = int(entry["size"])
    return found
