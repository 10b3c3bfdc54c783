"""Signals are sent to this thread alone: others of the test process must not get them."""

import signal
import threading
from collections.abc import Iterator

import pytest

from surefoot.boot.signals import FOREVER_S, STOPS, Signals


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    hangup = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, hangup)


@pytest.mark.parametrize("sent", sorted(STOPS))
def test_a_stop_signal_waits_for_the_next_look(sent: signal.Signals) -> None:
    with Signals() as signals:
        assert not signals.pending_stop()
        _send(sent)
        assert signals.pending_stop()
        assert not signals.pending_stop()
        _send(sent)
        assert signals.wait(FOREVER_S) == sent


def test_the_end_of_a_child_is_no_stop() -> None:
    with Signals() as signals:
        _send(signal.SIGCHLD)
        assert not signals.pending_stop()
        _send(signal.SIGCHLD)
        assert signals.wait(FOREVER_S) == signal.SIGCHLD


def test_a_wait_ends_by_itself() -> None:
    with Signals() as signals:
        assert signals.wait(0) is None


def test_outside_everything_is_as_before() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Signals() as signals:
        assert set(signals.outside) == before
        _send(signal.SIGTERM)  # not taken: the end that is under way answers it
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_hangup_that_is_ignored_stays_ignored() -> None:
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Signals() as signals:
        _send(signal.SIGHUP)
        assert not signals.pending_stop()


def _send(number: int) -> None:
    signal.pthread_kill(threading.get_ident(), number)
