"""The signals of the boot loop, taken one by one where it waits instead of anywhere."""

import signal
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

# The terminal went away, Ctrl-C, and the polite end.
STOPS: Final = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
FOREVER_S: Final = float("inf")
# Signals can be lost, to another thread for instance; a wait looks up at least this often.
_LOOK_UP_S: Final = 1.0


class Signals:
    """While it is entered, stop signals and the end of a child interrupt only `wait`.

    Blocked, not handled: one that comes while the loop sweeps or decides waits for the next look,
    so that none is missed and none strikes between two steps. A process of one thread: others do
    not inherit the blocking, and children must undo it (`outside`).
    """

    def __init__(self) -> None:
        self._watched = {*STOPS, signal.SIGCHLD}
        if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
            self._watched.discard(signal.SIGHUP)  # started by nohup: it shall stay ignored
        self.outside: Iterable[int] = ()

    def __enter__(self) -> Self:
        # An ignored SIGCHLD, inherited from a careless parent, would lose the agent's exit code.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.outside = signal.pthread_sigmask(signal.SIG_BLOCK, self._watched)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A second Ctrl-C is answered by the end that is under way.
        while self.wait(0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, self.outside)

    def pending_stop(self) -> bool:
        """A stop signal has come since the last look."""
        while (found := self.wait(0)) is not None:
            if found in STOPS:
                return True
        return False

    def wait(self, timeout_s: float) -> int | None:
        """The next signal; None after `timeout_s` seconds, or earlier: look whether all is well."""
        found = signal.sigtimedwait(self._watched, min(timeout_s, _LOOK_UP_S))
        return None if found is None else found.si_signo
