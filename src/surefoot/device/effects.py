"""What the composition wants done beyond what its machines want, and the events it understands.

Pure values, like the effects of the machines: each says what is true once it has returned.
"""

from dataclasses import dataclass, field

from surefoot.link import effects as link_effects
from surefoot.link import events as link_events
from surefoot.revision import State
from surefoot.supervisor import effects as supervisor_effects
from surefoot.supervisor import events as supervisor_events
from surefoot.update import effects as update_effects
from surefoot.update import events as update_events
from surefoot.update.tables import Cause
from surefoot.wire.progress import Progress


@dataclass(frozen=True)
class Command:
    """A command of the door that was accepted. `starts`: how often it was begun (R9, R13)."""

    op: str
    payload: str = ""
    starts: int = 0


# ---- effects -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Journal:
    """The slot is on disk: this command, or none. Twice: the same bytes."""

    command: Command | None


@dataclass(frozen=True)
class Answer:
    """The door's caller gets this HTTP status and error text (empty for success)."""

    ticket: int
    status: int
    text: str = ""
    retry_after_s: int = 0


@dataclass(frozen=True)
class CollectGarbage:
    """Everything that `keep` and R21 do not protect is gone. Answer: `Collected`."""

    keep: frozenset[str]
    ticket: int = 0


@dataclass(frozen=True)
class MakeFactory:
    """A copy of the revision is `trails/0`, DONE `Factory revision`. Answer: `FactoryMade`."""

    revision: str


@dataclass(frozen=True)
class CopyRevision:
    """A copy by links of a remote revision is a DONE local one (R20). Answer: `RevisionCopied`."""

    revision: str


@dataclass(frozen=True)
class ForgetHub:
    """No credentials and no remote trail but revision 0 are stored. Twice: harmless."""


@dataclass(frozen=True)
class SendReports:
    """Reports that wait are sent from now on. Twice: harmless."""


@dataclass(frozen=True)
class SetMode:
    """The device is in remote (or local) mode, durably (R20)."""

    remote: bool


@dataclass(frozen=True)
class SetSetting:
    """A configuration key has this value, durably (level `command`)."""

    key: str
    value: str


@dataclass(frozen=True)
class Log:
    """One line of the agent's own log. `level`: ERROR, WARN or INFO."""

    level: str
    source: str
    message: str


@dataclass(frozen=True)
class Leave:
    """This process ends; the boot loader (or the boot loop) takes over."""

    poweroff: bool
    why: str


Effect = (
    update_effects.Effect
    | supervisor_effects.Effect
    | link_effects.Effect
    | Journal
    | Answer
    | CollectGarbage
    | MakeFactory
    | CopyRevision
    | ForgetHub
    | SendReports
    | SetMode
    | SetSetting
    | Log
    | Leave
)

# ---- events ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Boot:
    """The hands, once, first: everything found at start-up.

    `state`/`done_state`: parsed states of the running revision and of the rollback point, None when
    unreadable. `sick`: container -> cause, for containers whose files are bad (R12).
    `journal_progress`: stored progress of the revision that the journalled command names.
    `waiting`: remote revisions with a record that is not final, with their spent starts (R9).
    `untold`: remote revisions whose final record the Hub has not acknowledged (R18).
    """

    found: update_events.Booted
    state: State | None = None
    done_state: State | None = None
    sick: dict[str, str] = field(default_factory=dict)
    journal: Command | None = None
    journal_progress: Progress | None = None
    waiting: tuple[tuple[str, int], ...] = ()
    untold: tuple[str, ...] = ()
    remote: bool = False


@dataclass(frozen=True)
class StateLoaded:
    """Answer to `LoadState`: the parsed state, or the cause why there is none."""

    revision: str
    state: State | None = None
    cause: Cause | None = None
    detail: str = ""
    missing: bool = False


@dataclass(frozen=True)
class CommandGiven:
    """The door. `exists` and `progress` are of the step that `payload` names (or of the running
    revision when it names none)."""

    ticket: int
    op: str
    payload: str = ""
    exists: bool = False
    progress: Progress | None = None


@dataclass(frozen=True)
class ContainerAsked:
    """The door: PUT /containers/NAME."""

    ticket: int
    name: str
    action: str


@dataclass(frozen=True)
class SignalGiven:
    """The door: POST /signal. `instance` holds the caller's process; "" for one outside of all.

    An instance and not a name: what a retiring container says is not said by its successor."""

    ticket: int
    instance: str
    kind: str


@dataclass(frozen=True)
class GarbageAsked:
    """The door (`ticket`) or a threshold (0)."""

    ticket: int = 0


@dataclass(frozen=True)
class Collected:
    """Answer to `CollectGarbage`."""

    reclaimed: int


@dataclass(frozen=True)
class FactoryMade:
    """Answer to `MakeFactory`; `detail` says why it could not be made."""

    revision: str
    detail: str = ""


@dataclass(frozen=True)
class RevisionCopied:
    """Answer to `CopyRevision`: the copy's name, or `detail` says why there is none."""

    name: str = ""
    detail: str = ""


@dataclass(frozen=True)
class HubContact:
    """The Hub's client: an HTTP answer. `running`: the revision that ran when the request began:
    what an old container's network brought says nothing of the new one's (R18)."""

    authenticated: bool
    running: str


@dataclass(frozen=True)
class HubSilence:
    """The Hub's client: a request that got no answer, tries included. `running`: as of
    `HubContact`, and for the same reason."""

    running: str


@dataclass(frozen=True)
class StepFound:
    """The Hub's client: a remote step, whose state is stored. `stored`: this device's own record of
    it, or what the Hub holds when there is none."""

    revision: str
    stored: Progress | None = None


@dataclass(frozen=True)
class Healed:
    """The hands: these containers' files are good again (R12)."""

    containers: tuple[str, ...]


@dataclass(frozen=True)
class LeaveAsked:
    """A signal to this process: end without a reboot being meant."""

    why: str


Event = (
    update_events.Event
    | supervisor_events.Event
    | link_events.Event
    | Boot
    | StateLoaded
    | CommandGiven
    | ContainerAsked
    | SignalGiven
    | GarbageAsked
    | Collected
    | FactoryMade
    | RevisionCopied
    | HubContact
    | HubSilence
    | StepFound
    | Healed
    | LeaveAsked
)
