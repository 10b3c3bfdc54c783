import json
import threading
from collections.abc import Iterator

from surefoot.device.events import Event, EventLog, Kind, Lost


def ids(items: Iterator[Event | Lost | None], count: int) -> list[int]:
    found = [next(items) for _ in range(count)]
    assert all(isinstance(item, Event) for item in found)
    return [item.id for item in found if isinstance(item, Event)]


def closed(log: EventLog) -> EventLog:
    log.close()
    return log


def test_ids_grow_from_the_base_and_never_repeat() -> None:
    log = EventLog(base=700)
    assert [log.publish(Kind.LOG, n) for n in range(3)] == [701, 702, 703]
    assert log.newest == 703


def test_data_is_compact_json_on_one_line_whatever_it_holds() -> None:
    log = EventLog()
    log.publish(Kind.LOG, {"line": "a\nb\r ü", "n": 1})
    event = next(log.follow(0))
    assert isinstance(event, Event)
    assert "\n" not in event.text
    assert "\r" not in event.text
    assert json.loads(event.text) == {"line": "a\nb\r ü", "n": 1}
    assert ": " not in event.text


def test_a_listener_gets_all_after_its_id_and_then_new_ones() -> None:
    log = EventLog()
    for n in range(5):
        log.publish(Kind.PROGRESS, n)
    items = log.follow(2)
    assert ids(items, 3) == [3, 4, 5]
    log.publish(Kind.PROGRESS, 5)
    assert ids(items, 1) == [6]


def test_a_listener_without_an_id_gets_only_what_comes_after_its_call() -> None:
    log = EventLog()
    log.publish(Kind.STATUS, "before")
    items = log.follow()
    log.publish(Kind.STATUS, "after the call, before the first next")
    assert ids(items, 1) == [2]


def test_what_left_the_memory_is_announced_and_not_skipped_in_silence() -> None:
    log = EventLog(base=10, max_events=3)
    for n in range(8):
        log.publish(Kind.LOG, n)
    items = closed(log).follow(11)
    assert list(items) == [Lost(12, 15)] + [Event(n, Kind.LOG, str(n - 11)) for n in (16, 17, 18)]


def test_a_listener_that_was_overtaken_in_the_middle_learns_of_it() -> None:
    log = EventLog(max_events=2)
    items = log.follow(0)
    log.publish(Kind.LOG, 0)
    assert ids(items, 1) == [1]
    for n in range(4):
        log.publish(Kind.LOG, n)
    assert next(items) == Lost(2, 3)
    assert ids(items, 2) == [4, 5]


def test_memory_is_bounded_by_characters_too_but_keeps_the_newest() -> None:
    log = EventLog(max_chars=100)
    for _ in range(50):
        log.publish(Kind.LOG, "x" * 30)
    log.publish(Kind.LOG, "y" * 5000)
    held = [item for item in closed(log).follow(0) if isinstance(item, Event)]
    assert [item.text[1] for item in held] == ["y"]


def test_an_id_of_an_earlier_life_below_the_base_is_told_of_the_gap() -> None:
    log = EventLog(base=1000)
    log.publish(Kind.LOG, "first of this life")
    items = log.follow(400)
    assert next(items) == Lost(401, 1000)
    assert ids(items, 1) == [1001]


def test_an_empty_memory_tells_a_listener_of_an_earlier_life_once_and_then_waits() -> None:
    """peers 3: hub.mender.io/t/8299."""
    items = EventLog(base=1000, heartbeat_s=0.001).follow(400)
    assert [next(items) for _ in range(3)] == [Lost(401, 1000), None, None]
    items = EventLog(base=1000, heartbeat_s=0.001).follow(4000)
    assert [next(items) for _ in range(2)] == [None, None]


def test_an_id_that_was_never_given_out_gets_all_that_is_remembered() -> None:
    log = EventLog()
    log.publish(Kind.LOG, 0)
    log.publish(Kind.LOG, 1)
    assert ids(log.follow(99), 2) == [1, 2]


def test_silence_is_broken_by_a_sign_of_life() -> None:
    """peers 3: hub.mender.io/t/8299."""
    log = EventLog(heartbeat_s=0.001)
    items = log.follow()
    assert next(items) is None
    assert next(items) is None
    log.publish(Kind.LOG, 0)
    assert ids(items, 1) == [1]


def test_closing_gives_the_rest_and_ends_every_listener() -> None:
    log = EventLog(heartbeat_s=60)
    log.publish(Kind.LOG, 0)
    seen: list[object] = []
    listener = threading.Thread(target=lambda: seen.extend(log.follow(0)))
    listener.start()
    log.publish(Kind.LOG, 1)
    log.close()
    listener.join(30)
    assert [item.id for item in seen if isinstance(item, Event)] == [1, 2]
    assert not listener.is_alive()


def test_many_publishers_and_listeners_see_one_gapless_order() -> None:
    log = EventLog(max_events=10_000, heartbeat_s=60)
    seen: list[list[int]] = [[] for _ in range(4)]

    def listen(mine: list[int]) -> None:
        mine.extend(item.id for item in log.follow(0) if isinstance(item, Event))

    def publish() -> None:
        for n in range(500):
            log.publish(Kind.LOG, n)

    listeners = [threading.Thread(target=listen, args=(mine,)) for mine in seen]
    publishers = [threading.Thread(target=publish) for _ in range(4)]
    for thread in listeners + publishers:
        thread.start()
    for thread in publishers:
        thread.join(60)
    log.close()
    for thread in listeners:
        thread.join(60)
    assert seen == [list(range(1, 2001))] * 4
