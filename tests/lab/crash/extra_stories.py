"""More stories than `lab/crash/stories.py` has: corners that one thinks of when one wants to break
the engine. Data only; `test_explore.py` plays them."""

from surefoot.device.turn import Modes
from surefoot.lab.crash.stories import APP, BAD, BASE, FACTORY, GOOD_END, READY, REMOTE
from surefoot.lab.crash.story import Ask, Behaviour, Story, sha, state
from surefoot.update.record import Policy
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status

X, Y = "locals/x", "locals/y"
DONE_OR_ERROR = frozenset({Status.DONE, Status.ERROR})
ANY_END = frozenset({*GOOD_END, Status.WONTGO})
NEW_BASE = state(base={**BASE, "image": "8"}, app=APP)
IMAGES = {**BAD, sha("2"): Behaviour(exits_after_s=0.3)}
RETRY_ONCE = {"policy": "always", "max_retries": 1, "retry_delay": 1}
# Something that changes nothing on disk, so that the power can fail while the device only waits.
LATER = Ask(300, "ENABLE_SSH")


def new_app(image="9", **more):
    return state(base=BASE, app={"image": image, "group": "app", **more})


def story(name, states, *asks, **more):
    policy = Policy(commit_delay_s=2, goals_timeout_s=20, network_timeout_s=20, max_retries=3)
    return Story(name, {"0": FACTORY, **states}, asks, IMAGES, policy=policy, **more)


def ends(**by_revision):
    return {f"locals/{name}": found for name, found in by_revision.items()}


APPLY_THEN_POWER_CUT = story(
    "apply-then-wait",
    {X: new_app()},
    Ask(30, "LOCAL_APPLY", X),
    LATER,
    ends=ends(x=frozenset({Status.INPROGRESS, *DONE_OR_ERROR})),
)
APPLY_THEN_RUN = story(
    "apply-then-run-the-same",
    {X: new_app()},
    Ask(30, "LOCAL_APPLY", X),
    Ask(60, "LOCAL_RUN", X),
    clean={X: Status.UPDATED},
    ends=ends(x=GOOD_END),
)
APPLY_THEN_OTHER = story(
    "apply-then-run-another",
    {X: new_app(), Y: new_app("7")},
    Ask(30, "LOCAL_APPLY", X),
    Ask(60, "LOCAL_RUN", Y),
    clean={X: Status.WONTGO, Y: Status.UPDATED},
    ends=ends(x=frozenset({Status.WONTGO, *DONE_OR_ERROR}), y=GOOD_END),
)
APPLY_BAD_INIT = story(
    "apply-no-init-then-reboot",
    {X: new_app("f")},
    Ask(30, "LOCAL_APPLY", X),
    Ask(60, "REBOOT_DEVICE"),
    clean={X: Status.ERROR},
    ends=ends(x=frozenset({Status.ERROR})),
)
APPLY_ON_UPDATED_ABORT = story(
    "apply-on-updated-abort-reboot",
    {X: new_app(), Y: new_app("7")},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_APPLY", Y),
    Ask(120, "ABORT"),
    Ask(150, "REBOOT_DEVICE"),
    clean={X: Status.DONE, Y: Status.WONTGO},
    ends=ends(x=GOOD_END, y=frozenset({Status.WONTGO, *DONE_OR_ERROR})),
)
REBOOT_ON_UPDATED = story(
    "reboot-update-on-updated",
    {X: new_app(), Y: NEW_BASE},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_RUN", Y),
    clean={X: Status.UPDATED, Y: Status.DONE},
    ends=ends(x=GOOD_END, y=DONE_OR_ERROR),
)
BAD_REBOOT_ON_UPDATED = story(
    "bad-reboot-update-on-updated",
    {X: new_app(), Y: state(base={**BASE, "image": "f"}, app=APP)},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_RUN", Y),
    clean={X: Status.UPDATED, Y: Status.ERROR},
    ends=ends(x=GOOD_END, y=frozenset({Status.ERROR})),
)
COMMIT_OF_UPDATED = story(
    "run-commit-of-updated",
    {X: new_app()},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_RUN_COMMIT", X),
    clean={X: Status.DONE},
    ends=ends(x=GOOD_END),
)
ABORT_IN_TIME = story(
    "abort-before-the-transition",
    {X: new_app()},
    Ask(30, "LOCAL_RUN", X),
    Ask(30.3, "ABORT"),
    clean={X: Status.WONTGO},
    # A cut after the run was accepted and before ABORT was: the run begins again and may end.
    ends=ends(x=frozenset({Status.WONTGO, *GOOD_END})),
)
RUN_TWICE = story(
    "run-a-finished-one-again",
    {X: NEW_BASE, Y: new_app("7")},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_RUN_COMMIT", Y),
    Ask(150, "LOCAL_RUN", X),
    clean={X: Status.DONE, Y: Status.DONE},
    ends=ends(x=GOOD_END, y=DONE_OR_ERROR),
)
RUN_AFTER_ERROR = story(
    "run-a-failed-one-again",
    {X: new_app("f")},
    Ask(30, "LOCAL_RUN", X),
    Ask(60, "LOCAL_RUN", X),
    clean={X: Status.ERROR},
    ends=ends(x=frozenset({Status.ERROR})),
)
IN_FACTORY = story(
    "run-while-the-factory-revision-comes-up",
    {X: NEW_BASE},
    Ask(0.05, "LOCAL_RUN", X),
    clean={X: Status.DONE},
    ends=ends(x=DONE_OR_ERROR),
)
ROLLBACK_BY_REBOOT = story(
    "rollback-by-command-with-reboot",
    {"0": state(base=BASE, app={**APP, "restart_policy": "container"}), X: new_app(), Y: NEW_BASE},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "LOCAL_RUN", "0"),
    clean={X: Status.UPDATED},
    ends=ends(x=GOOD_END),
)
ADDS_A_CONTAINER = story(
    "adds-a-container",
    {X: state(base=BASE, app=APP, web={"image": "5", "group": "app"})},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.UPDATED},
    ends=ends(x=GOOD_END),
)
TAKES_ONE_AWAY = story(
    "takes-a-container-away",
    {X: state(base=BASE)},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.UPDATED},
    ends=ends(x=GOOD_END),
)
NEVER_READY_REBOOT = story(
    "never-ready-after-reboot",
    {X: state(base={**BASE, "image": "8"}, app={**APP, "image": "e", **READY})},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.ERROR},
    ends=ends(x=frozenset({Status.ERROR})),
)
RECOVERS = story(
    "recovers-until-its-retries-are-spent",
    {X: new_app("2", auto_recovery=RETRY_ONCE)},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.ERROR},
    ends=ends(x=frozenset({Status.ERROR})),
)
SICK_TRY = story(
    "sick-when-it-is-tried",
    {X: NEW_BASE},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.ERROR},
    ends=ends(x=frozenset({Status.ERROR})),
    broken={X: Cause.BAD_OBJECT},
)
REFUSED = story(
    "refused-when-it-is-run",
    {X: new_app()},
    Ask(30, "LOCAL_RUN", X),
    clean={X: Status.WONTGO},
    # Two cuts make the third start one too many (R9): `Internal error`.
    ends=ends(x=frozenset({Status.WONTGO, Status.ERROR})),
    refused={X: Cause.BAD_SIGNATURE},
)
GARBAGE = story(
    "collects-garbage",
    {X: new_app()},
    Ask(30, "RUN_GC"),
    Ask(31, "LOCAL_RUN", X),
    clean={X: Status.UPDATED},
    ends=ends(x=GOOD_END),
)
POWER_OFF = story(
    "power-off",
    {X: new_app()},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "POWEROFF_DEVICE"),
    ends=ends(x=GOOD_END),
)
FACTORY_TWICE = story(
    "make-factory-of-the-running-one-then-update",
    {X: NEW_BASE, Y: new_app("7")},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "MAKE_FACTORY"),
    Ask(150, "LOCAL_RUN", Y),
    clean={X: Status.DONE},
    ends=ends(y=GOOD_END),
)
FACTORY_DROPS_STAGED = story(
    "make-factory-drops-the-staged-one",
    {X: new_app()},
    Ask(30, "LOCAL_APPLY", X),
    Ask(60, "MAKE_FACTORY"),
    clean={X: Status.WONTGO, "0": Status.DONE},
    ends=ends(x=frozenset({Status.WONTGO, *DONE_OR_ERROR})),
)


def remote(name, steps, clean, *asks, **more):
    unclaims = any(ask.op == "UNCLAIM" for ask in asks)
    found = {} if unclaims else {step: ANY_END | {clean.get(step)} for step in steps}
    more.setdefault("hub", tuple(one for one in steps if not one.startswith("locals/")))
    policy = Policy(commit_delay_s=2, goals_timeout_s=20, network_timeout_s=20, max_retries=3)
    states = {"0": FACTORY, **steps}
    return Story(
        name, states, asks, IMAGES, clean, found, policy, more.pop("modes", REMOTE), **more
    )


REMOTE_RETRIED = remote(
    "remote-one-download-fails", {"1": new_app()}, {"1": Status.UPDATED}, fetch_fails=1
)
REMOTE_REBOOTS = remote(
    "remote-two-with-reboot",
    {"1": NEW_BASE, "2": state(base={**BASE, "image": "7"}, app=APP)},
    {"1": Status.DONE, "2": Status.DONE},
)
REMOTE_BAD_THEN_GOOD = remote(
    "remote-bad-then-good",
    {"1": new_app("f"), "2": new_app("7")},
    {"1": Status.ERROR, "2": Status.UPDATED},
)
REMOTE_REFUSED = remote(
    "remote-refused", {"1": new_app()}, {"1": Status.WONTGO}, refused={"1": Cause.NOT_COVERED}
)
REMOTE_WITH_APPLY = remote(
    "remote-drops-the-staged-one",
    {"1": new_app("7"), X: new_app()},
    {X: Status.WONTGO, "1": Status.DONE},
    Ask(0.1, "LOCAL_APPLY", X),
    Ask(200, "REBOOT_DEVICE"),
    modes=Modes(remote_allowed=True, remote_always=True),
)
LOCAL_IN_REMOTE = remote(
    "local-run-in-remote-mode",
    {X: new_app()},
    {X: Status.UPDATED},
    Ask(30, "LOCAL_RUN", X),
)
REMOTE_CANCELLED_TOO_LATE = remote(
    "remote-cancelled-once-it-is-armed",
    {"1": new_app()},
    {"1": Status.UPDATED},
    hub_cancels={"1": Status.TESTING},
)
REMOTE_MIDDLE_CANCELLED = remote(
    "remote-second-of-three-cancelled",
    {"1": new_app(), "2": new_app("7"), "3": new_app("6")},
    {"1": Status.UPDATED, "2": Status.CANCELLED, "3": Status.UPDATED},
    hub_cancels={"2": Status.QUEUED},
)
REMOTE_ALL_CANCELLED = remote(
    "remote-each-cancelled-in-another-stage",
    {"1": new_app(), "2": new_app("7"), "3": NEW_BASE},
    {"1": Status.CANCELLED, "2": Status.CANCELLED, "3": Status.CANCELLED},
    hub_cancels={"1": Status.QUEUED, "2": Status.DOWNLOADING, "3": Status.INPROGRESS},
)
REMOTE_UNSTEADY = remote(
    "remote-hub-away-while-it-downloads",
    {"1": new_app(), "2": NEW_BASE},
    {"1": Status.UPDATED, "2": Status.DONE},
    hub_away=(0.9, 3),
)
REMOTE_NEW_REBOOTS = remote(
    "remote-new-device-with-reboot", {"1": NEW_BASE}, {"1": Status.DONE}, is_new=True
)
NEVER_CLAIMED = remote("remote-hub-forgets-three-times", {}, {}, is_new=True, hub_forgets=3)
UNCLAIM_OF_FACTORY = remote(
    "unclaim-of-the-factory-revision", {}, {"0": Status.DONE}, Ask(30, "UNCLAIM"), keeps_mode=True
)
UNCLAIM_OF_LOCAL = remote(
    "unclaim-in-local-mode",
    {X: NEW_BASE},
    {X: Status.DONE},
    Ask(30, "LOCAL_RUN", X),
    Ask(90, "UNCLAIM"),
)
UNCLAIM_AND_ON = remote(
    "unclaim-then-the-same-number-again",
    {"1": NEW_BASE},
    {"1": Status.UPDATED},
    Ask(60, "UNCLAIM"),
    hub_again=("1",),
    keeps_mode=True,
)
UNCLAIM_OF_UPDATED = remote(
    "unclaim-is-refused-on-trial",
    {"1": new_app()},
    {"1": Status.UPDATED},
    Ask(60, "UNCLAIM"),
    keeps_mode=True,  # of a cut that has made it DONE
)
UNCLAIM_WAITING = remote(
    "unclaim-while-a-step-waits-for-the-hub",
    {"1": NEW_BASE, "2": new_app("7")},
    {},
    Ask(10, "UNCLAIM"),
    hub_away=(5, 40),
    keeps_mode=True,
)

ALL = (
    APPLY_THEN_POWER_CUT,
    APPLY_THEN_RUN,
    APPLY_THEN_OTHER,
    APPLY_BAD_INIT,
    APPLY_ON_UPDATED_ABORT,
    REBOOT_ON_UPDATED,
    BAD_REBOOT_ON_UPDATED,
    COMMIT_OF_UPDATED,
    ABORT_IN_TIME,
    RUN_TWICE,
    RUN_AFTER_ERROR,
    IN_FACTORY,
    ROLLBACK_BY_REBOOT,
    ADDS_A_CONTAINER,
    TAKES_ONE_AWAY,
    NEVER_READY_REBOOT,
    RECOVERS,
    SICK_TRY,
    REFUSED,
    GARBAGE,
    POWER_OFF,
    FACTORY_TWICE,
    FACTORY_DROPS_STAGED,
    REMOTE_RETRIED,
    REMOTE_REBOOTS,
    REMOTE_BAD_THEN_GOOD,
    REMOTE_REFUSED,
    REMOTE_WITH_APPLY,
    LOCAL_IN_REMOTE,
    REMOTE_CANCELLED_TOO_LATE,
    REMOTE_MIDDLE_CANCELLED,
    REMOTE_ALL_CANCELLED,
    REMOTE_UNSTEADY,
    REMOTE_NEW_REBOOTS,
    NEVER_CLAIMED,
    UNCLAIM_OF_FACTORY,
    UNCLAIM_OF_LOCAL,
    UNCLAIM_AND_ON,
    UNCLAIM_OF_UPDATED,
    UNCLAIM_WAITING,
)
