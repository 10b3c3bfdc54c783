"""How often somebody may ask, and how much is worked on at once."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.hub.frame import limits
from surefoot.hub.frame.limits import Buckets, Gate, Rate, Underway, network


def test_a_burst_is_free_then_the_rate_counts():
    buckets, rate = Buckets(), Rate(per_s=2, burst=5)
    assert [buckets.wait_s("a", rate, 100.0) for _ in range(5)] == [0.0] * 5
    assert buckets.wait_s("a", rate, 100.0) == pytest.approx(0.5)
    assert buckets.wait_s("a", rate, 100.5) == 0.0
    assert buckets.wait_s("a", rate, 100.5) == pytest.approx(0.5)


def test_asking_while_the_bucket_is_empty_costs_nothing():
    buckets, rate = Buckets(), Rate(per_s=1, burst=1)
    buckets.wait_s("a", rate, 0.0)
    assert [buckets.wait_s("a", rate, 0.5) for _ in range(99)] == [pytest.approx(0.5)] * 99
    assert buckets.wait_s("a", rate, 1.0) == 0.0


def test_each_key_has_a_bucket_of_its_own():
    buckets, rate = Buckets(), Rate(per_s=1, burst=1)
    assert [buckets.wait_s(key, rate, 0.0) for key in "abc"] == [0.0] * 3


def test_a_pause_fills_a_bucket_and_no_more():
    buckets, rate = Buckets(), Rate(per_s=1, burst=3)
    buckets.wait_s("a", rate, 0.0)
    answers = [buckets.wait_s("a", rate, 1e6) for _ in range(4)]
    assert [wait > 0 for wait in answers] == [False, False, False, True]


@given(st.lists(st.floats(0, 2), max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses):
    buckets, rate, at, allowed = Buckets(), Rate(per_s=3, burst=4), 0.0, 0
    for pause in pauses:
        at += pause
        allowed += buckets.wait_s("a", rate, at) == 0
    assert allowed <= rate.burst + rate.per_s * at + 1e-6


def test_the_wait_that_is_told_is_the_wait_that_helps():
    buckets, rate, at = Buckets(), Rate(per_s=7, burst=2), 10.0
    for _ in range(50):
        wait = buckets.wait_s("a", rate, at)
        if wait:
            at += wait
            assert buckets.wait_s("a", rate, at) == 0


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(limits, "REMEMBERED", 10)
    buckets, rate = Buckets(), Rate(per_s=1, burst=5)
    for n in range(1000):
        buckets.wait_s(n, rate, n / 100)
        assert len(buckets._full_at) <= 10


def test_a_gate_lets_so_many_work_and_counts_those_that_wait():
    async def story():
        gate, release, most, busy = Gate(2), asyncio.Event(), 0, 0

        async def work():
            nonlocal most, busy
            async with gate:
                busy += 1
                most = max(most, busy)
                await release.wait()
                busy -= 1

        tasks = [asyncio.create_task(work()) for _ in range(5)]
        await asyncio.sleep(0)
        assert (busy, gate.waiting) == (2, 3)
        tasks[4].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert gate.waiting == 2
        release.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (most, busy, gate.waiting) == (2, 0, 0)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("no address", "no address", True),
    ],
)
def test_a_caller_is_known_by_the_network_that_he_has_to_himself(one, other, is_same):
    assert (network(one) == network(other)) is is_same


def test_what_is_under_way_is_counted_until_its_end_however_that_comes():
    underway = Underway()
    with underway.one("a", 5) as first, underway.one("a", 7) as both, underway.one("b", 1) as other:
        assert (first, both, other) == (5, 12, 1)
        assert [underway.count(key) for key in "abc"] == [2, 1, 0]
    with pytest.raises(KeyError), underway.one("a", 3):
        raise KeyError
    with underway.one("a", 2) as left:
        assert left == 2
    assert underway.count("a") == 0
