"""Every error that Surefoot tells a person about, drawn once.

SurefootError
├── InvalidInput     a document, name, body or setting is not what it must be
├── NotFound         the thing that was named is not here
├── Conflict         the thing is here, but its present state forbids the request
├── Busy             another command or holder goes first; the same request may succeed later
├── Forbidden        this caller may not ask for it
├── Corrupt          bytes do not match their checksum, or a stored file cannot be read
├── NoRoom           the disk is full
├── RuntimeFailed    a container runtime could not do what it was asked
├── Unreachable      nobody answers at the other end
└── TimedOut         the wait ran out; what was waited for may still happen

A message says what happened, to what, and what to do next. `OUTCOMES` is the only place that turns
a type into an HTTP status and an exit code (R24); doors never derive either from a name.
"""

from dataclasses import dataclass


class SurefootError(Exception):
    """Root of all errors that are meant for people."""


class InvalidInput(SurefootError):
    pass


class NotFound(SurefootError):
    pass


class Conflict(SurefootError):
    pass


class Busy(SurefootError):
    """`retry_after_s`: when the same request may succeed, in seconds (the socket's Retry-After)."""

    def __init__(self, message: str, retry_after_s: int = 120) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Forbidden(SurefootError):
    pass


class Corrupt(SurefootError):
    pass


class NoRoom(SurefootError):
    pass


class RuntimeFailed(SurefootError):
    pass


class Unreachable(SurefootError):
    pass


class TimedOut(SurefootError):
    pass


@dataclass(frozen=True)
class Outcome:
    http_status: int
    exit_code: int


OUTCOMES: dict[type[SurefootError], Outcome] = {
    SurefootError: Outcome(500, 1),
    InvalidInput: Outcome(422, 3),
    NotFound: Outcome(404, 3),
    Conflict: Outcome(409, 3),
    Busy: Outcome(503, 75),
    Forbidden: Outcome(403, 3),
    Corrupt: Outcome(422, 3),
    NoRoom: Outcome(507, 1),
    RuntimeFailed: Outcome(500, 1),
    Unreachable: Outcome(500, 5),
    TimedOut: Outcome(504, 6),
}


def outcome(error: SurefootError) -> Outcome:
    """The outcome of the nearest type in the tree."""
    return next(OUTCOMES[kind] for kind in type(error).__mro__ if kind in OUTCOMES)
