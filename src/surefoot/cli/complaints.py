"""Errors made whole for people: what it was about, what went wrong, what to do next.

The socket's error texts are the reference's, byte for byte, and name neither; so does the kernel.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from surefoot.errors import Conflict, Corrupt, Forbidden, InvalidInput, NotFound, SurefootError


def refused_by_system(error: OSError) -> str:
    """One sentence for an error of the operating system."""
    why = error.strerror or str(error) or type(error).__name__
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    what = " to ".join(names) or "this"
    return f"{what} cannot be used: {why}; check the path, its permissions and its file system"


@contextmanager
def about(what: str, next_step: str) -> Iterator[None]:
    """A refusal from within says what was asked for, and what to do next. Other errors pass."""
    try:
        yield
    except (NotFound, InvalidInput, Conflict, Corrupt, Forbidden) as error:
        raise _whole(error, what, next_step) from error


def _whole(error: SurefootError, what: str, next_step: str) -> SurefootError:
    return type(error)(f"{what}: {error}; {next_step}")
