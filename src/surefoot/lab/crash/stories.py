"""The stories that are explored: each transition of the seed page, good and bad."""

from surefoot.device.turn import Modes
from surefoot.lab.crash.story import Ask, Behaviour, Story, sha, state
from surefoot.update.record import Policy
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status

GOOD_END = frozenset({Status.UPDATED, Status.DONE, Status.ERROR})
BAD_END = frozenset({Status.ERROR})
BASE = {"image": "a", "group": "root"}
APP = {"image": "d", "group": "app"}
READY = {"status_goal": "READY"}
FACTORY = state(base=BASE, app=APP)
BAD = {
    sha("e"): Behaviour(ready_after_s=None),
    sha("f"): Behaviour(starts=False),
    sha("0"): Behaviour(exits_after_s=1.5),
    sha("1"): Behaviour(prepares=False),
}
REMOTE = Modes(remote_allowed=True)


def _app(image: str, **more: object) -> str:
    return state(base=BASE, app={"image": image, "group": "app", **more})


def _story(name: str, new: str, end: Status, op: str = "LOCAL_RUN", **more: object) -> Story:
    good = end in (Status.UPDATED, Status.DONE)
    return Story(
        name,
        {"0": FACTORY, "locals/x": new},
        (Ask(30, op, "locals/x"),),
        images=BAD,
        clean={"locals/x": end},
        ends={"locals/x": GOOD_END if good else BAD_END},
        **more,  # type: ignore[arg-type]
    )


NON_REBOOT = _story("non-reboot", _app("9"), Status.UPDATED)
NEVER_READY = _story("never-ready", _app("e", **READY), Status.ERROR)
NO_INIT = _story("no-init", _app("f"), Status.ERROR)
EXITS = _story("exits-in-testing", _app("0"), Status.ERROR)
NOT_MOUNTED = _story("not-mountable", _app("1"), Status.ERROR)
REBOOT = _story("reboot", state(base={**BASE, "image": "8"}, app=APP), Status.DONE)
REBOOT_NO_INIT = _story("reboot-no-init", state(base={**BASE, "image": "f"}, app=APP), Status.ERROR)
COMMIT = _story("run-commit", _app("9"), Status.DONE, op="LOCAL_RUN_COMMIT")
BROKEN = _story("broken-object", _app("9"), Status.ERROR, broken={"locals/x": Cause.BAD_OBJECT})
APPLY = Story(
    "apply-then-reboot",
    {"0": FACTORY, "locals/x": _app("9")},
    (Ask(30, "LOCAL_APPLY", "locals/x"), Ask(60, "REBOOT_DEVICE")),
    clean={"locals/x": Status.DONE},
    ends={"locals/x": frozenset({Status.DONE, Status.ERROR})},
)
APPLY_ABORT = Story(
    "apply-then-abort",
    {"0": FACTORY, "locals/x": _app("9")},
    (Ask(30, "LOCAL_APPLY", "locals/x"), Ask(60, "ABORT")),
    clean={"locals/x": Status.WONTGO},
    ends={"locals/x": frozenset({Status.WONTGO, Status.DONE, Status.ERROR})},
)
TWO = Story(
    "one-on-top-of-another",
    {"0": FACTORY, "locals/x": _app("9"), "locals/y": _app("f")},
    (Ask(30, "LOCAL_RUN", "locals/x"), Ask(90, "LOCAL_RUN", "locals/y")),
    images=BAD,
    clean={"locals/x": Status.UPDATED, "locals/y": Status.ERROR},
    ends={"locals/x": GOOD_END, "locals/y": BAD_END},
)
UPDATED_THEN_REBOOT = Story(
    "updated-then-reboot",
    {"0": FACTORY, "locals/x": _app("9")},
    (Ask(30, "LOCAL_RUN", "locals/x"), Ask(90, "REBOOT_DEVICE")),
    clean={"locals/x": Status.DONE},
    ends={"locals/x": GOOD_END},
)
ROLLBACK = Story(
    "rollback-by-command",
    {"0": FACTORY, "locals/x": _app("9")},
    (Ask(30, "LOCAL_RUN", "locals/x"), Ask(90, "ROLLBACK")),
    clean={"locals/x": Status.UPDATED},
    ends={"locals/x": GOOD_END},
)
MAKE_FACTORY = Story(
    "make-factory",
    {"0": FACTORY, "locals/x": state(base={**BASE, "image": "8"}, app=APP)},
    (Ask(30, "LOCAL_RUN", "locals/x"), Ask(90, "MAKE_FACTORY", "locals/x")),
    clean={"locals/x": Status.DONE, "0": Status.DONE},
    ends={"0": frozenset({Status.DONE})},
)


def _remote(name: str, steps: dict[str, str], clean: dict[str, Status], **more: object) -> Story:
    ends = {rev: frozenset({status, *GOOD_END, Status.WONTGO}) for rev, status in clean.items()}
    return Story(
        name,
        {"0": FACTORY, **steps},
        images=BAD,
        hub=tuple(one for one in steps if not one.startswith("locals/")),
        modes=REMOTE,
        clean=clean,
        ends=ends,
        **more,  # type: ignore[arg-type]
    )


REMOTE_GOOD = _remote("remote", {"1": _app("9")}, {"1": Status.UPDATED})
REMOTE_THREE = _remote(
    "remote-three-steps",
    {"1": _app("9"), "2": _app("7"), "3": _app("6")},
    {"1": Status.UPDATED, "2": Status.UPDATED, "3": Status.UPDATED},
)
REMOTE_REBOOT = _remote(
    "remote-reboot", {"1": state(base={**BASE, "image": "8"}, app=APP)}, {"1": Status.DONE}
)
REMOTE_BAD = _remote("remote-no-init", {"1": _app("f")}, {"1": Status.ERROR})
REMOTE_CANCELLED = _remote(
    "remote-cancelled",
    {"1": _app("9")},
    {"1": Status.CANCELLED},
    hub_cancels={"1": Status.QUEUED},
)
REMOTE_CANCELLED_LATE = _remote(
    "remote-cancelled-while-it-downloads",
    {"1": _app("9"), "2": _app("7")},
    {"1": Status.CANCELLED, "2": Status.UPDATED},
    hub_cancels={"1": Status.DOWNLOADING},
)
REMOTE_CANCELLED_LAST = _remote(
    "remote-cancelled-while-it-is-installed",
    {"1": _app("9")},
    {"1": Status.CANCELLED},
    hub_cancels={"1": Status.INPROGRESS},
)
REMOTE_NEW = _remote("remote-new-device", {"1": _app("9")}, {"1": Status.UPDATED}, is_new=True)
REMOTE_FORGOTTEN = _remote(
    "remote-forgotten-before-it-was-claimed",
    {"1": _app("9")},
    {"1": Status.UPDATED},
    is_new=True,
    hub_forgets=1,
)
REMOTE_UNREACHED = _remote(
    "remote-hub-away-from-the-transition", {"1": _app("9")}, {"1": Status.ERROR}, hub_away=(4.4, 60)
)
REMOTE_AWAY = _remote(
    "remote-hub-away-in-testing",
    {"1": _app("9")},
    {"1": Status.ERROR},
    hub_away=(4.6, 60),
    policy=Policy(commit_delay_s=8, goals_timeout_s=20, network_timeout_s=20),
)
REMOTE_UNTOLD = _remote(
    "remote-hub-away-at-the-end", {"1": _app("9")}, {"1": Status.UPDATED}, hub_away=(6.4, 60)
)
UNCLAIM = _remote(
    "unclaim",
    {"1": state(base={**BASE, "image": "8"}, app=APP)},
    {},
    asks=(Ask(60, "UNCLAIM"),),
    keeps_mode=True,
)
GO_REMOTE = _remote(
    "go-remote",
    {"1": _app("9"), "locals/x": _app("7")},
    {"1": Status.UPDATED, "locals/x": Status.UPDATED},
    asks=(Ask(30, "LOCAL_RUN", "locals/x"), Ask(60, "GO_REMOTE")),
    hub_away=(0, 45),
)
REMOTE_RETRIES = _remote("remote-retries", {"1": _app("9")}, {"1": Status.WONTGO}, fetch_fails=20)

ALL: tuple[Story, ...] = (
    NON_REBOOT,
    NEVER_READY,
    NO_INIT,
    EXITS,
    NOT_MOUNTED,
    REBOOT,
    REBOOT_NO_INIT,
    COMMIT,
    BROKEN,
    APPLY,
    APPLY_ABORT,
    TWO,
    UPDATED_THEN_REBOOT,
    ROLLBACK,
    MAKE_FACTORY,
    REMOTE_GOOD,
    REMOTE_THREE,
    REMOTE_REBOOT,
    REMOTE_BAD,
    REMOTE_CANCELLED,
    REMOTE_CANCELLED_LATE,
    REMOTE_CANCELLED_LAST,
    REMOTE_RETRIES,
    REMOTE_NEW,
    REMOTE_FORGOTTEN,
    REMOTE_UNREACHED,
    REMOTE_AWAY,
    REMOTE_UNTOLD,
    UNCLAIM,
    GO_REMOTE,
)
