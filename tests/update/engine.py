"""The update machine as tests drive it: records at every stage, stories played whole."""

from surefoot.update import effects as do
from surefoot.update import events as on
from surefoot.update import tables
from surefoot.update.advance import advance
from surefoot.update.record import How, Plan, Policy, Record
from surefoot.update.tables import Cause, Stage
from surefoot.wire.progress import PERCENT, Progress, Status

X, Y, SEVEN = "locals/x", "locals/y", "7"
SWITCH = Plan(reboot=False, back_reboot=False, reasons=("app changed",), back_reasons=("app back",))
REBOOT = Plan(reboot=True, back_reboot=True, reasons=("bsp changed",), back_reasons=("bsp back",))
ONE_WAY = Plan(reboot=False, back_reboot=True, reasons=("c starts",), back_reasons=("c was sick",))
POLICY = Policy(commit_delay_s=25, goals_timeout_s=120, network_timeout_s=60, max_retries=3)

IDLE = Record("0", "0", policy=POLICY)
ON_REMOTE = Record("5", "5", policy=POLICY)


def play(record, *events):
    """The record and the effects of the last event."""
    effects = ()
    for event in events:
        record, effects = advance(record, event)
    return record, effects


def after(record, *events):
    return play(record, *events)[0]


def told(record, *script):
    """Plays a story, pairs of an event and the effects it must have; compares the whole script.

    Gives the record at its end."""
    played = []
    for event, _ in script:
        record, effects = advance(record, event)
        played.append((event, list(effects)))
    assert played == [(event, list(effects)) for event, effects in script]
    return record


def stored(point, retries=0, x=0, y=0):
    """The progress that a row leaves on disk."""
    message = point.message.format(x=x, y=y)
    return Progress(point.status, message, PERCENT[point.status], retries)


def booted(running="0", done="0", trying=None, point=None, retries=0, **more):
    found = stored(point, retries) if point else None
    return on.Booted(running, done, trying, found, **more)


def points_of(effects, revision=None):
    """What the effects store, in order."""
    return [
        effect.point
        for effect in effects
        if isinstance(effect, do.Save) and revision in (None, effect.revision)
    ]


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


# --- a local update, event by event -------------------------------------------------------------


def checked(revision=X, plan=SWITCH, **more):
    return on.Checked(revision, plan=plan, **more)


def fired(timer):
    return on.TimerFired(timer)


def local(*events, record=IDLE, how=How.RUN):
    return after(record, on.RunAsked(X, how), *events)


TO_INSTALL = (checked(),)
TO_SWITCH = (*TO_INSTALL, on.Installed(X))
TO_GOALS = (*TO_SWITCH, on.Starting())
TO_STABLE = (*TO_GOALS, on.GoalsReached())
TO_UPDATED = (*TO_STABLE, on.Stabilised(), fired(tables.COMMIT_TIMER))
TO_RETURN = (*TO_GOALS, on.ContainerFailed("app", "init exited"))

# --- a remote update ----------------------------------------------------------------------------

ANSWERED = on.Reported(SEVEN, Status.QUEUED)


def remote(*events, record=ON_REMOTE, retries=0):
    return after(record, on.RemoteOffered(SEVEN, retries), *events)


TO_CHECK_7 = (ANSWERED,)
TO_FETCH_7 = (*TO_CHECK_7, checked(SEVEN, missing=True))
TO_INSTALL_7 = (*TO_FETCH_7, on.Fetched(SEVEN))
TO_SWITCH_7 = (*TO_INSTALL_7, on.Installed(SEVEN))
TO_GOALS_7 = (*TO_SWITCH_7, on.Starting())
TO_STABLE_7 = (*TO_GOALS_7, on.GoalsReached(), on.HubAnswered())


def factory():
    return after(IDLE, booted("0", "0"))


def trial(revision=X, point=tables.REBOOTING, **more):
    """The record after the boot that tries a revision."""
    return after(
        Record(revision, "0", policy=POLICY), booted(revision, "0", revision, point, **more)
    )


AT = {
    None: lambda: IDLE,
    Stage.REPORT: remote,
    Stage.CHECK: local,
    Stage.FETCH: lambda: remote(*TO_FETCH_7),
    Stage.INSTALL: lambda: local(*TO_INSTALL),
    Stage.SWITCH: lambda: local(*TO_SWITCH),
    Stage.GOALS: lambda: local(*TO_GOALS),
    Stage.STABLE: lambda: local(*TO_STABLE),
    Stage.FACTORY: factory,
    Stage.RETURN: lambda: local(*TO_RETURN),
    Stage.REBOOT: lambda: local(checked(plan=REBOOT), on.Installed(X)),
}

# One of each event, as it could come for local x; `of_revision` sends it for another.
EVENTS = (
    on.RunAsked(Y),
    on.RemoteOffered("9"),
    on.StaleOffered("3"),
    on.AbortAsked(),
    on.RollbackAsked(SWITCH),
    on.Checked(X, plan=SWITCH),
    on.Fetched(X),
    on.FetchFailed(X),
    on.Installed(X),
    on.InstallFailed(X, Cause.BAD_OBJECT),
    on.Reported(X, Status.QUEUED),
    on.Starting(),
    on.GoalsReached(),
    on.Stabilised(),
    on.Destabilised(),
    on.GoalTimedOut(),
    on.ContainerFailed("app"),
    on.HubAnswered(),
    on.HubSilent(),
    on.TimerFired(tables.GOALS_TIMER),
    booted(),
)
