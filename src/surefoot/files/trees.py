"""Whole directories that come, go and change places durably. Used as part of `durable`."""

import ctypes
import errno
import os
from itertools import islice
from pathlib import Path

from surefoot.files.steps import (
    TEMPORARY,
    Kind,
    announce,
    move,
    remove_dir,
    room,
    sync_dir,
    temporary,
    unlink,
)

NEXT = ".surefoot-next"
"""A complete tree that takes its place as soon as that is free (`replace_tree` in two steps)."""

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_CANNOT_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)
_SCAN = 1000


def rename(source: Path, target: Path) -> None:
    """What was `source` is `target`; an older file there is gone in the same moment."""
    with room(target):
        move(source, target)
        sync_dir(target.parent)
        if source.parent != target.parent:
            sync_dir(source.parent)


def remove_tree(path: Path) -> None:
    """There is nothing at `path`, whatever it was. From the first step on it is only a leftover."""
    doomed = path
    if not path.name.endswith(TEMPORARY) and os.path.lexists(path):
        doomed = temporary(path)
        rename(path, doomed)
    with room(path):
        _delete(doomed)
        sync_dir(path.parent)


def replace_tree(new: Path, path: Path) -> Path | None:
    """The complete tree `new` (under a temporary name) stands at `path`, in one step. Returns
    where the older tree, if there was one, waits as a leftover: for `remove_tree`, or for the next
    start when it is still in use.

    Where the file system cannot exchange two names it takes two steps, and `recover` joins them.
    """
    assert new.name.endswith(TEMPORARY), new
    if not os.path.lexists(path):
        rename(new, path)
        return None
    try:
        with room(path):
            _exchange(new, path)
    except OSError as error:
        if error.errno not in _CANNOT_EXCHANGE:
            raise
        return _replace_in_two(new, path)
    for directory in {path.parent, new.parent}:
        sync_dir(directory)
    return new


def recover(directory: Path) -> None:
    """At a start, before anything else reads `directory`: ends a `replace_tree` that was cut
    between its two steps, then removes the leftovers that lie directly in it."""
    if directory.is_dir():
        for place in sorted(directory.iterdir()):
            if place.name.endswith(NEXT):
                _end_replacement(place)
        sweep(directory)


def sweep(directory: Path) -> None:
    """No leftovers directly in `directory`. Nobody else may be writing there."""
    if directory.is_dir():
        for place in list(directory.iterdir()):
            if place.name.endswith(TEMPORARY):
                remove_tree(place)


def _exchange(one: Path, other: Path) -> None:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, "this C library has no renameat2")
    announce(Kind.EXCHANGE, other)
    first, second = os.fsencode(one), os.fsencode(other)
    if call(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def _replace_in_two(new: Path, path: Path) -> Path:
    ready = path.with_name(path.name + NEXT)
    remove_tree(ready)
    rename(new, ready)
    old = temporary(path)
    rename(path, old)
    rename(ready, path)
    return old


def _end_replacement(ready: Path) -> None:
    path = ready.with_name(ready.name.removesuffix(NEXT))
    if os.path.lexists(path):
        remove_tree(ready)  # cut before the old tree went: it stays
    else:
        rename(ready, path)


def _delete(path: Path) -> None:
    """In bounded memory and without recursion, however deep a container nested its directories:
    what lies deeper is moved up before it is emptied. Symbolic links are never followed."""
    if path.is_symlink() or not path.is_dir():
        unlink(path)
        return
    while below := _some(path):
        for entry in below:
            if entry.is_dir(follow_symlinks=False):
                _empty(Path(entry.path), path)
                remove_dir(Path(entry.path))
            else:
                unlink(Path(entry.path))
    remove_dir(path)


def _empty(directory: Path, top: Path) -> None:
    while below := _some(directory):
        for entry in below:
            if entry.is_dir(follow_symlinks=False):
                move(Path(entry.path), temporary(top / "moved"))
            else:
                unlink(Path(entry.path))


def _some(directory: Path) -> list[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return list(islice(entries, _SCAN))
