from collections.abc import Iterator

import pytest

from surefoot.client.events import Event, EventStream
from surefoot.errors import Busy, NotFound, TimedOut, Unreachable


class Script:
    """One connection: lines, then its end; an exception is raised where it stands."""

    def __init__(self, *lines: bytes | Exception) -> None:
        self._lines = iter(lines)
        self.closed = False

    def readline(self, timeout_s: float) -> bytes:
        assert timeout_s > 0
        line = next(self._lines, b"")
        if isinstance(line, Exception):
            raise line
        return line

    def close(self) -> None:
        self.closed = True


class Device:
    """Hands out its connections one after the other and notes from where each was asked."""

    def __init__(self, *connections: Script | Exception) -> None:
        self._connections = iter(connections)
        self.asked: list[int | None] = []

    def connect(self, last_id: int | None) -> Script:
        self.asked.append(last_id)
        connection = next(self._connections, None)
        if connection is None:
            raise Unreachable("the device is gone")
        if isinstance(connection, Exception):
            raise connection
        return connection


def lines(*blocks: str) -> Iterator[bytes]:
    for block in blocks:
        yield from (line.encode() + b"\n" for line in (*block.split("|"), ""))


def test_events_come_in_order_with_their_ids_and_data() -> None:
    script = Script(*lines("id: 4", 'id: 5|event: progress|data: {"a":1}', "event: lost|data: [1]"))
    stream = EventStream(Device(script).connect)
    assert stream.last_id == 4
    assert next(stream) == Event(5, "progress", {"a": 1})
    assert next(stream) == Event(5, "lost", [1])


def test_comments_and_other_line_ends_are_understood() -> None:
    script = Script(*lines("id: 1", ": still here"), b"id: 2\r\n", b"data:7\r\n", b"\r\n")
    assert next(EventStream(Device(script).connect)) == Event(2, "", 7)


def test_a_broken_connection_goes_on_behind_the_last_event() -> None:
    device = Device(
        Script(*lines("id: 4", "id: 5|event: log|data: 1")),
        Script(*lines("id: 5", "id: 6|event: log|data: 2"), Unreachable("broke")),
        Script(*lines("id: 6", "id: 7|event: log|data: 3"), b"id: 8\n", TimeoutError()),
        Script(*lines("id: 7", "id: 8|event: log|data: 4")),
    )
    stream = EventStream(device.connect, 4)
    assert [next(stream).data for _ in range(4)] == [1, 2, 3, 4]
    assert device.asked == [4, 5, 6, 7]


def test_a_connection_that_breaks_before_the_first_event_loses_nothing() -> None:
    device = Device(Script(*lines("id: 4")), Script(*lines("id: 4", "id: 5|event: log|data: 1")))
    assert next(EventStream(device.connect)).id == 5
    assert device.asked == [None, 4]


def test_half_an_event_is_no_event() -> None:
    device = Device(
        Script(*lines("id: 4"), b"id: 5\n", b"data: 1\n"),
        Script(*lines("id: 4", "id: 5|data: 1")),
    )
    assert next(EventStream(device.connect)).id == 5
    assert device.asked == [None, 4]


def test_a_device_that_reboots_is_waited_for_with_patience() -> None:
    device = Device(
        Script(*lines("id: 4")),
        Unreachable("rebooting"),
        Busy("Too many streams at once. Try again"),
        Script(Unreachable("stopping")),
        Script(*lines("id: 4", "id: 5|data: 1")),
    )
    assert next(EventStream(device.connect, patience_s=60)).id == 5
    assert device.asked == [None, 4, 4, 4, 4]


def test_without_patience_a_device_that_is_gone_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        EventStream(Device().connect)
    stream = EventStream(Device(Script(*lines("id: 4"))).connect)
    with pytest.raises(Unreachable, match="gone"):
        next(stream)


def test_a_refusal_is_not_waited_out() -> None:
    with pytest.raises(NotFound):
        EventStream(Device(NotFound("no such path")).connect, patience_s=60)


def test_the_wait_runs_out_whether_the_device_is_silent_or_gone() -> None:
    """peers 3: hub.mender.io/t/8299."""

    class Silent(Script):
        def readline(self, timeout_s: float) -> bytes:
            return super().readline(timeout_s) or b": still here\n"

    def listen(device: Device) -> None:
        next(EventStream(device.connect, patience_s=60, timeout_s=0.05))

    for device in (Device(Silent(*lines("id: 4"))), Device()):
        with pytest.raises(TimedOut, match="did not happen within"):
            listen(device)


def test_a_closed_stream_closes_its_connection() -> None:
    script = Script(*lines("id: 4"))
    with EventStream(Device(script).connect):
        assert not script.closed
    assert script.closed
