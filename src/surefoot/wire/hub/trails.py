"""Bodies of trails, steps, progress, summaries and `.pvrremote` (hub-wire 4 and 6).

JSON texts (a state, a progress, a meta) stand in a body as they were stored, byte for byte:
signatures cover the state's text (pvr.md 4.3), and nothing has to be read in order to be sent.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surefoot.errors import InvalidInput
from surefoot.revision.json_text import require_few_values
from surefoot.wire import progress
from surefoot.wire.hub import prn
from surefoot.wire.hub.answers import member_text
from surefoot.wire.progress import PERCENT, Progress, Status

FACTORY_MESSAGE = "Factory State (rev 0)"
# The reference's spelling, and the one of the mocker.
_SPELLINGS = {"CANCEL": "CANCELLED", "CANCELED": "CANCELLED"}
_NULL_MEANS_ABSENT = ("status-msg", "progress", "retries", "downloads", "logs")
# Of a report without its logs, in characters. It is read again with each report that follows.
LONGEST_REPORT = 64 * 1024


@dataclass(frozen=True)
class TrailBody:
    """`owner`: an account's id. Times as text. `factory`: the text of step 0's state, or None
    where it is left out."""

    id: str
    owner: str
    insync: str
    touched: str
    factory: str | None = None


@dataclass(frozen=True)
class StepBody:
    """`owner`: an account's id. `state`, `progress`, `meta`: JSON texts. Times as text."""

    trail: str
    owner: str
    rev: int
    committer: str
    commit_msg: str
    state: str
    state_sha: str
    progress: str
    meta: str
    step_time: str
    progress_time: str
    created: str
    modified: str


@dataclass(frozen=True)
class Report:
    """What a progress says. `retries`: 0 when it does not say. `logs`: "" for none.
    `text`: the progress itself, a compact JSON object with every key that came."""

    status: Status
    message: str
    retries: int
    logs: str
    text: str


@dataclass(frozen=True)
class Posted:
    """A step as it is posted. `rev`: None when the Hub shall choose. `state`, `meta`: JSON texts,
    the state's byte for byte."""

    rev: int | None
    commit_msg: str
    state: str
    meta: str


# ---- what is posted ----------------------------------------------------------------------------


def posted(text: str) -> Posted:
    """Unknown members are let pass; `rev` absent, 0 or -1 means the next one (hub-wire 4.1).
    Raises InvalidInput, naming the bad member."""
    require_few_values(text)
    try:
        members = json.loads(text, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The step is no JSON ({error})") from error
    if not isinstance(members, dict) or not isinstance(members.get("state"), dict):
        raise InvalidInput("A step needs 'state', a JSON object")
    meta = members.get("meta")
    if meta is not None and not isinstance(meta, dict):
        raise InvalidInput("'meta' of a step must be a JSON object")
    return Posted(
        rev=_rev(members.get("rev")),
        commit_msg=_message(members.get("commit-msg")),
        state=member_text(text, "state") or "",
        meta=member_text(text, "meta") or "{}" if meta is not None else "{}",
    )


def require_object(text: str) -> None:
    """Raises InvalidInput for what is no JSON object that can be stored and sent as it is."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The body is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise InvalidInput("The body must be a JSON object")


def _rev(found: object) -> int | None:
    if found is None or (found in (0, -1) and not isinstance(found, bool)):
        return None
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise InvalidInput("'rev' of a step must be a whole number, or -1 for the next one")
    return found


def _message(found: object) -> str:
    """What no database would take becomes U+FFFD: NUL and lone surrogates."""
    if found is not None and not isinstance(found, str):
        raise InvalidInput("'commit-msg' of a step must be text")
    text = (found or "").replace("\0", "\ufffd")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# ---- trails and steps --------------------------------------------------------------------------


def trail(body: TrailBody) -> bytes:
    members: dict[str, Any] = {
        "id": body.id,
        "owner": prn.account(body.owner),
        "device": prn.device(body.id),
        "last-insync": body.insync,
        "last-touched": body.touched,
    }
    text = _compact(members)
    if body.factory is not None:
        text = f'{text[:-1]},"factory-state":{body.factory}}}'
    return text.encode()


def step_for_device(step: StepBody) -> bytes:
    """The C agent takes the first text anywhere that is equal to the name it looks for, so the
    four that it reads come first, and before them nothing that a person wrote (hub-wire 0.5;
    `recorded/device-c-hijack-listed-order`: a message "state" right before the state is safe)."""
    rest = {key: value for key, value in _plain(step).items() if key not in ("rev", "commit-msg")}
    return (
        f'{{"rev":{step.rev},"progress":{step.progress},'
        f'"commit-msg":{_compact(step.commit_msg)},"state":{step.state},'
        f'{_compact(rest)[1:-1]},"meta":{step.meta}}}'
    ).encode()


def step_for_user(step: StepBody, used_objects: Iterable[str]) -> bytes:
    """Keys sorted, as the reference has them. `used_objects`: shas."""
    texts = {key: _compact(value) for key, value in _plain(step).items()}
    texts |= {"state": step.state, "progress": step.progress, "meta": step.meta}
    texts["used_objects"] = _compact(list(used_objects))
    members = (f'"{key}":{text}' for key, text in sorted(texts.items()))
    return f"{{{','.join(members)}}}".encode()


def _plain(step: StepBody) -> dict[str, Any]:
    """The members that are no JSON texts of their own."""
    return {
        "rev": step.rev,
        "commit-msg": step.commit_msg,
        "id": f"{step.trail}-{step.rev}",
        "owner": prn.account(step.owner),
        "device": prn.device(step.trail),
        "trail-id": step.trail,
        "committer": step.committer,
        "state-sha": step.state_sha,
        "step-time": step.step_time,
        "progress-time": step.progress_time,
        "time-created": step.created,
        "time-modified": step.modified,
        "mark_public_processed": False,
        "garbage": False,
    }


def listed(bodies: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


# ---- progress ----------------------------------------------------------------------------------


def said(status: Status, message: str = "", retries: int = 0) -> Report:
    """A progress that the Hub itself writes (R19)."""
    text = progress.encode(Progress(status, message, PERCENT[status], retries)).decode()
    return Report(status, message, retries, "", text)


def report_members(body: bytes) -> dict[str, Any]:
    """The progress that a device sends, not judged yet. Bytes that are no UTF-8 (a container's log
    line) become U+FFFD. Raises InvalidInput for what is no JSON object."""
    try:
        value = json.loads(
            body.decode("utf-8", "replace"), strict=False, parse_constant=_no_number,
            parse_float=_finite,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The progress is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise InvalidInput("The progress must be a JSON object")
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _finite(text: str) -> float:
    """What is read must be writable again."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def report(members: Mapping[str, Any]) -> Report:
    """Unknown keys are kept. Raises InvalidInput, naming the bad key."""
    kept = {
        key: value
        for key, value in members.items()
        if value is not None or key not in _NULL_MEANS_ABSENT
    }
    status = kept.get("status")
    if isinstance(status, str):
        kept["status"] = _SPELLINGS.get(status, status)
    found = _report(_compact(kept))
    if len(found.text) - len(found.logs) > LONGEST_REPORT:
        raise InvalidInput(f"A progress may have {LONGEST_REPORT} characters, besides its logs")
    return found


def held(text: str) -> Report:
    """A progress that was stored."""
    return _report(text)


def _report(text: str) -> Report:
    said = progress.decode(text.encode())
    return Report(said.status, said.message, said.retries, said.logs or "", text)


def with_logs(report: Report, logs: str) -> Report:
    text = _compact({**json.loads(report.text), "logs": logs})
    return Report(report.status, report.message, report.retries, logs, text)


def status_word(word: str) -> str:
    """In our spelling."""
    return _SPELLINGS.get(word, word)


# ---- discovery and summaries -------------------------------------------------------------------


def pvr_remote(base: str, trail: str, rev: int) -> bytes:
    """hub-wire 6. `base`: the public address, without a slash at its end."""
    repo = f"{base}/trails/{trail}"
    step = f"{repo}/steps/{rev}"
    members = {
        "pvr-spec": "pvr-pantahub-1",
        "json-get-url": f"{step}/state",
        "json-key": "state",
        "objects-endpoint": f"{step}/objects",
        "post-url": f"{repo}/steps",
        "post-fields": ["commit-msg"],
        "post-fields-opt": ["rev"],
        "step-get-url": step,
    }
    return _compact(members).encode()


def summary(members: Mapping[str, Any]) -> bytes:
    return _compact(members).encode()


def _compact(value: Any) -> str:
    """A lone surrogate in a text costs that one character and not the body."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
