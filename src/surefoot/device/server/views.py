"""What the socket shows of the agent's things, and exactly how: names, order, types, blanks.

The shapes are those that the reference's clients know (spec/samples/socket*.json): some truths are
the words "true" and "false", sizes of objects are strings, the entries of `/steps` have blanks.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surefoot.device.events import Json


@dataclass(frozen=True)
class RecoveryView:
    """Auto-recovery as it is set; a group shows no counters, a container always does."""

    max_retries: int
    stable_timeout: int
    backoff_policy: str
    policy: str | None = None
    current_retries: int | None = None
    is_stable: bool | None = None


@dataclass(frozen=True)
class ContainerView:
    """`user_stopped` is shown for containers with restart policy `container` only."""

    name: str
    group: str
    status: str
    status_goal: str
    restart_policy: str
    roles: Sequence[str] = ()
    auto_recovery: RecoveryView | None = None
    user_stopped: bool = False


@dataclass(frozen=True)
class GroupView:
    name: str
    status_goal: str
    restart_policy: str
    status: str
    auto_recovery: RecoveryView | None = None


@dataclass(frozen=True)
class StepView:
    """`date`: RFC 3339 with seconds and Z; `progress`: its JSON as on disk, b"" for none."""

    name: str
    date: str
    commitmsg: str
    progress: bytes


@dataclass(frozen=True)
class ConfigView:
    """One value of the configuration and the level that it comes from (config.md)."""

    key: str
    value: str
    modified: str


@dataclass(frozen=True)
class DaemonView:
    name: str
    pid: int
    respawn: bool


def compact(value: Json) -> bytes:
    """JSON without blanks or line breaks; what is no UTF-8 becomes a question mark."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def containers(views: Iterable[ContainerView]) -> bytes:
    return compact([_container(view) for view in views])


def groups(views: Iterable[GroupView]) -> bytes:
    return compact([_group(view) for view in views])


def steps(views: Iterable[StepView]) -> bytes:
    return b"[" + b",".join(map(_step, views)) + b"]"


def config2(views: Iterable[ConfigView]) -> bytes:
    return compact([vars(view) for view in views])


def daemons(views: Iterable[DaemonView]) -> bytes:
    return compact([vars(view) for view in views])


def objects(entries: Iterable[tuple[str, int]]) -> bytes:
    return compact([{"sha256": sha, "size": str(size)} for sha, size in entries])


def _container(view: ContainerView) -> Json:
    shown: dict[str, Json] = {
        "name": view.name,
        "group": view.group,
        "status": view.status,
        "status_goal": view.status_goal,
        "restart_policy": view.restart_policy,
        "roles": list(view.roles),
    }
    if view.auto_recovery:
        shown["auto_recovery"] = _recovery(view.auto_recovery)
    if view.restart_policy == "container":
        shown["user_stopped"] = _word(view.user_stopped)
    return shown


def _group(view: GroupView) -> Json:
    shown: dict[str, Json] = {
        "name": view.name,
        "status_goal": view.status_goal,
        "restart_policy": view.restart_policy,
        "status": view.status,
    }
    if view.auto_recovery:
        shown["auto_recovery"] = _recovery(view.auto_recovery)
    return shown


def _recovery(view: RecoveryView) -> Json:
    rows: tuple[tuple[str, Json], ...] = (
        ("policy", view.policy),
        ("max_retries", view.max_retries),
        ("current_retries", view.current_retries),
        ("stable_timeout", view.stable_timeout),
        ("is_stable", None if view.is_stable is None else _word(view.is_stable)),
        ("backoff_policy", view.backoff_policy),
    )
    return {name: value for name, value in rows if value is not None}


def _step(view: StepView) -> bytes:
    shown = (("name", view.name), ("date", view.date), ("commitmsg", view.commitmsg))
    head = ", ".join(f'"{name}":{json.dumps(text, ensure_ascii=False)}' for name, text in shown)
    progress = view.progress or b"{}"
    return b"{" + head.encode("utf-8", "replace") + b', "progress":' + progress + b"}"


def _word(value: bool) -> str:
    return "true" if value else "false"
