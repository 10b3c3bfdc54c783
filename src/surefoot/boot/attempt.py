"""Trying what may fail, in a sweep that looks again afterwards anyway."""

from collections.abc import Callable


def permitted(call: Callable[[], object]) -> bool:
    """Calls. False when this process may not do it; True when it is done or worth another look.

    Other errors of the system (busy, gone meanwhile) are no news: whether the thing is still there
    is found out by looking.
    """
    try:
        call()
    except PermissionError:
        return False
    except OSError:
        return True
    return True
