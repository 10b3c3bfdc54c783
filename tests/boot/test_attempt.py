import errno
import os

from surefoot.boot.attempt import permitted


def test_only_a_refusal_is_final() -> None:
    assert permitted(lambda: None)
    assert permitted(lambda: _fail(errno.EBUSY))
    assert permitted(lambda: _fail(errno.ENOENT))
    assert not permitted(lambda: _fail(errno.EPERM))
    assert not permitted(lambda: _fail(errno.EACCES))


def _fail(number: int) -> None:
    raise OSError(number, os.strerror(number))
