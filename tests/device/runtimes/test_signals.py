"""Which signals ask an init to end."""

import signal

import pytest

from surefoot.device.runtimes.signals import number, stop_signals

HALT = signal.SIGRTMIN + 3


def status(caught=(), blocked=()):
    def mask(numbers):
        return f"{sum(1 << (number - 1) for number in numbers):016x}"

    return f"Name:\tinit\nSigBlk:\t{mask(blocked)}\nSigIgn:\t{mask([1])}\nSigCgt:\t{mask(caught)}\n"


@pytest.mark.parametrize(
    ("configured", "caught", "blocked", "sent"),
    [
        (None, [signal.SIGPWR], [], (signal.SIGPWR,)),
        (None, [signal.SIGTERM], [], (signal.SIGTERM,)),
        (None, [signal.SIGTERM, signal.SIGPWR], [], (signal.SIGPWR, signal.SIGTERM)),
        (None, [], [signal.SIGPWR], (signal.SIGPWR,)),
        (None, [signal.SIGTERM, HALT], [HALT], (HALT,)),
        (None, [signal.SIGINT], [], ()),
        (None, [], [], ()),
        (signal.SIGUSR1, [signal.SIGUSR1, signal.SIGPWR], [], (signal.SIGUSR1,)),
        (signal.SIGUSR1, [signal.SIGPWR], [], ()),
    ],
)
def test_only_signals_that_init_handles_are_sent(configured, caught, blocked, sent):
    assert stop_signals(configured, status(caught, blocked)) == sent


def test_an_init_that_cannot_be_looked_at_is_sent_nothing():
    assert stop_signals(None, "") == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SIGTERM", signal.SIGTERM),
        ("sigint", signal.SIGINT),
        ("15", 15),
        ("SIGRTMIN+3", HALT),
        ("", None),
        ("TERM", None),
        ("SIGRTMIN+x", None),
    ],
)
def test_signals_are_written_as_lxc_writes_them(text, value):
    assert number(text) == value
