"""Logins, kept in one file of the person: tokens, never passwords.

`hubs.json` has mode 0600 and is only ever replaced whole; several commands may run at once. The CA
of a Hub is copied beside it, so that a login outlives the file that it was made with.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from surefoot.errors import Busy, InvalidInput, NotFound
from surefoot.files import durable
from surefoot.files.lock import Lock

_FILE = "hubs.json"
_PATIENCE_S = 10.0
_PAUSE_S = 0.05
_LOGIN = "log in first: surefoot login URL"


@dataclass(frozen=True)
class Session:
    """`url`: as `references.hub_url` gives it. `ca`: the name of a file beside `hubs.json`, empty
    for the system's roots. `token` is a secret."""

    url: str
    nick: str
    token: str = field(repr=False)
    ca: str = ""


@dataclass(frozen=True)
class Kept:
    """`default`: the URL that is meant when none is named; empty for none."""

    default: str = ""
    sessions: Mapping[str, Session] = field(default_factory=dict)


class Sessions:
    """`directory` is made when something is kept."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / _FILE

    def read(self) -> Kept:
        """Raises InvalidInput when the file is damaged."""
        try:
            text = self.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return Kept()
        return self._parsed(text)

    def choose(self, wanted: str = "") -> Session:
        """The session of a URL, or of a host that only one has; of the default Hub for "". Raises
        NotFound, saying how to log in."""
        kept = self.read()
        if not wanted:
            return self._default(kept)
        found = [one for one in kept.sessions.values() if wanted in _names(one.url)]
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFound(f"{wanted} may mean {' or '.join(one.url for one in found)}; name one")
        raise NotFound(f"There is no login at {wanted}; log in first: surefoot login {wanted}")

    def keep(self, session: Session, pem: bytes = b"") -> Session:
        """It is the default from now on. `pem`: the certificates of the Hub's CA."""
        self._make_directory()
        if pem:
            name = f"ca-{hashlib.sha256(pem).hexdigest()[:16]}.pem"
            session = replace(session, ca=name)
            durable.write(self.directory / name, pem)

        def add(kept: Kept) -> Kept:
            return Kept(session.url, {**kept.sessions, session.url: session})

        self._change(add)
        return session

    def renew(self, stale: Session, token: str) -> None:
        """In place of the stale token; a login that was made meanwhile, or ended, stays so."""

        def swap(kept: Kept) -> Kept:
            if kept.sessions.get(stale.url) != stale:
                return kept
            return Kept(kept.default, {**kept.sessions, stale.url: replace(stale, token=token)})

        self._change(swap)

    def remove(self, url: str) -> None:
        """Twice is harmless. When the default goes and just one is left, that is the default."""

        def drop(kept: Kept) -> Kept:
            left = {name: one for name, one in kept.sessions.items() if name != url}
            if kept.default in left or len(left) != 1:
                return Kept(kept.default if kept.default in left else "", left)
            return Kept(next(iter(left)), left)

        if self.path.exists():
            self._change(drop)

    def ca_file(self, session: Session) -> Path | None:
        return self.directory / session.ca if session.ca else None

    def _default(self, kept: Kept) -> Session:
        if kept.default in kept.sessions:
            return kept.sessions[kept.default]
        if kept.sessions:
            raise NotFound(f"Which Hub is meant? Say --hub {' or --hub '.join(kept.sessions)}")
        raise NotFound(f"There is no login at any Hub; {_LOGIN}")

    def _change(self, change: Callable[[Kept], Kept]) -> None:
        with self._locked():
            before = self.read()
            after = change(before)
            if after == before:
                return
            durable.write(self.path, _written(after), mode=0o600)
            for name in _certificates(before) - _certificates(after):
                durable.remove(self.directory / name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Another command holds it for an instant only."""
        lock = Lock(self.directory / ".lock")
        ends = time.monotonic() + _PATIENCE_S
        while True:
            try:
                lock.acquire()
                break
            except Busy:
                if time.monotonic() > ends:
                    raise
                time.sleep(_PAUSE_S)
        try:
            yield
        finally:
            lock.release()

    def _make_directory(self) -> None:
        durable.make_dirs(self.directory, mode=0o700)

    def _parsed(self, text: bytes) -> Kept:
        try:
            body = json.loads(text)
            found = {url: _session(url, one) for url, one in body["hubs"].items()}
            return Kept(str(body.get("default", "")), found)
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise InvalidInput(
                f"{self.path} is damaged ({error}); mend it, or delete it and log in again"
            ) from error


def _session(url: str, members: Mapping[str, Any]) -> Session:
    found = {key: members.get(key, "") for key in ("nick", "token", "ca")}
    for key, value in found.items():
        if not isinstance(value, str):
            raise TypeError(f"{key} of {url} is no text")
    if Path(found["ca"]).name != found["ca"]:
        raise ValueError(f"ca of {url} is no name of a file beside it")
    return Session(url=url, **found)


def _written(kept: Kept) -> bytes:
    hubs = {url: _members(one) for url, one in kept.sessions.items()}
    text = json.dumps({"default": kept.default, "hubs": hubs}, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def _members(session: Session) -> dict[str, str]:
    return {key: value for key, value in asdict(session).items() if key != "url"}


def _certificates(kept: Kept) -> set[str]:
    return {one.ca for one in kept.sessions.values() if one.ca}


def _names(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    return (url, parts.netloc, parts.hostname or "")
