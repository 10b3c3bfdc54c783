"""Brings objects to a Hub: only what it lacks, several at once, begun again when they are cut.

Sources: hub-wire.md 0.4 (signed URLs), 5 (409 means: it is there); pvr.md 5.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from surefoot.client.checkout import Source
from surefoot.client.desk.hub import DeskHub, compact, refused
from surefoot.client.desk.pace import Pace, Patience, spread
from surefoot.client.desk.spool import Ready, spooled
from surefoot.client.hub.http import Answer
from surefoot.client.hub.refusals import is_busy
from surefoot.client.install import Transfer, Watch
from surefoot.errors import Busy, Corrupt, InvalidInput, Unreachable
from surefoot.wire.hub import answers

_MAX_RENEWALS = 3
_OUTDATED = (401, 403, 404, 410)
"""What a signed URL is answered with when its time is over (hub-wire.md 5)."""
_LOCAL = "/local-s3/"


@dataclass(frozen=True)
class Brought:
    """How many objects were sent and how many were there; bytes sent."""

    sent: int
    kept: int
    sent_bytes: int


class Uploads:
    """`endpoint`: where objects of the step are announced. `paths`: of each object one that names
    it. Twice is harmless: what is there is not sent."""

    def __init__(
        self,
        hub: DeskHub,
        endpoint: str,
        paths: Mapping[str, str],
        watch: Watch,
        pace: Pace,
    ) -> None:
        self._hub = hub
        self._endpoint = endpoint
        self._paths = paths
        self._watch = watch
        self._pace = pace
        self._urls: dict[str, str] = {}
        self._sent: dict[str, int] = {}

    async def bring(self, source: Source, wanted: Collection[str]) -> Brought:
        """The Hub has all of them. Raises what `Patience` gives up with, Corrupt when a file has
        changed meanwhile, and what the Hub refuses."""

        async def announce(sha: str) -> None:
            url = await self._announce(sha, source.sizes[sha])
            if url:
                self._urls[sha] = url

        await spread(iter(wanted), announce)
        with spooled(source, set(self._urls)) as ready:
            await spread(ready, self._send)
        sent_bytes = sum(self._sent.values())
        return Brought(len(self._sent), len(wanted) - len(self._sent), sent_bytes)

    async def _announce(self, sha: str, size: int) -> str:
        """Where it is to be put; empty for one that is there."""
        name = self._paths[sha]
        body = compact({"objectname": name, "size": str(size), "sha256sum": sha})
        answer = await self._patiently(body)
        if answer.status == 409:
            return ""
        if answer.status != 200:
            raise refused(answer, f"object {name}")
        place = answers.place(answer.body, present=False)
        if place.sha != sha or not place.put_url:
            raise InvalidInput(f"The Hub does not say where {name} is to be sent")
        return place.put_url

    async def _patiently(self, body: bytes) -> Answer:
        patience = Patience(self._pace)
        while True:
            try:
                answer = await self._hub.look("POST", self._endpoint, body, repeatable=True)
            except Unreachable as error:
                await patience.rest(error)
                continue
            if not is_busy(answer.status):
                return answer
            await patience.rest(_busy(answer, "an object"))

    async def _send(self, ready: Ready) -> None:
        try:
            await self._send_until_there(ready)
        finally:
            ready.done()

    async def _send_until_there(self, ready: Ready) -> None:
        patience, meter = Patience(self._pace), _Meter(self._transfer(ready), self._watch)
        url, renewals = self._urls[ready.sha], 0
        while url:
            best = meter.best
            try:
                answer = await self._put(url, ready, meter)
            except Unreachable as error:
                pause_for: Unreachable | Busy = error
            else:
                if answer.status == 200:
                    self._is_there(ready)
                    return
                pause_for = self._judged(answer, ready)
                renewals += answer.status in _OUTDATED
                if renewals > _MAX_RENEWALS:
                    raise refused(answer, f"object {self._paths[ready.sha]}")
            if meter.best > best:
                patience.headway()
            await patience.rest(pause_for)
            # Asked for again each time: it may be there after all, and the URL may be too old.
            url = await self._announce(ready.sha, ready.size)
        self._watch(self._transfer(ready)(ready.size))

    async def _put(self, url: str, ready: Ready, meter: "_Meter") -> Answer:
        return await self._hub.http.upload(
            own_door(url), ready.path, ready.size, on_sent=meter, stall_s=self._pace.stall_s
        )

    def _judged(self, answer: Answer, ready: Ready) -> Busy:
        """Why it is worth another try; raises when it is not."""
        name = self._paths[ready.sha]
        if is_busy(answer.status):
            return _busy(answer, f"object {name}")
        if answer.status in _OUTDATED:
            return Busy(f"The Hub's address for {name} is out of date", 0)
        if answer.status in (400, 422):
            raise Corrupt(
                f"{name} came with other bytes than announced; if it was changed meanwhile, post"
                f" again ({refused(answer, 'it')})"
            )
        raise refused(answer, f"object {name}")

    def _is_there(self, ready: Ready) -> None:
        self._sent[ready.sha] = ready.size
        self._watch(self._transfer(ready)(ready.size))

    def _transfer(self, ready: Ready) -> Callable[[int], Transfer]:
        return lambda done: Transfer(ready.sha, self._paths[ready.sha], done, ready.size)


class _Meter:
    """Tells how far an object is; never that it is through, for only the Hub's answer says that.
    `best`: bytes of the try that came furthest."""

    def __init__(self, transfer: Callable[[int], Transfer], watch: Watch) -> None:
        self._transfer = transfer
        self._watch = watch
        self.best = 0

    def __call__(self, sent: int) -> None:
        self.best = max(self.best, sent)
        transfer = self._transfer(sent)
        if sent < transfer.size:
            self._watch(transfer)


def own_door(url: str) -> str:
    """Of a URL at the Hub itself the part from `/local-s3/` on, to be asked at the address that is
    known to work, as devices do (hub-wire.md 0.4); any other URL as it is."""
    path = urlsplit(url).path
    return path[path.index(_LOCAL) :] if _LOCAL in path else url


def _busy(answer: Answer, what: str) -> Busy:
    error = refused(answer, what)
    assert isinstance(error, Busy)
    return error
