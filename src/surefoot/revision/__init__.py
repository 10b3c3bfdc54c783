"""What a revision is: one state JSON, read, checked, compared with another.

Pure: text and values in, values out. This room never opens a file, never hashes an object, never
asks the time; whether objects are really there is a question for `files/` and `device/`.

Words: a *state* is the parsed state JSON of one revision. Its keys are *paths*; a path leads to an
*object* (known by its sha256) or to *inline* JSON. A *container* is a part of the state that has a
`run.json`; *groups* order containers and lend them goals and policies. A *fingerprint* is equal for
two containers when nothing that belongs to them differs. A *transition* is what the step from one
state to another does to a device, with the *reasons* for it.

Read `document.py` first, then `containers.py`, then `impact.py`.

Sources: device.md 3, 5 and 10; pvr.md 1.3; seed "Reboot transition".
"""

from surefoot.revision.canonical import canonical
from surefoot.revision.containers import Container, Persistence, Storage
from surefoot.revision.diff import Change, ChangeKind, diff
from surefoot.revision.document import SPEC, State, parse
from surefoot.revision.errors import StateError
from surefoot.revision.groups import DEFAULT_GROUPS, Goal, Group, RestartPolicy
from surefoot.revision.impact import Reason, Transition, decide
from surefoot.revision.json_text import read_json
from surefoot.revision.limits import LIMITS, Limits
from surefoot.revision.names import LOCALS, check_revision_name, is_local, number
from surefoot.revision.recovery import AutoRecovery, Backoff, RecoveryPolicy
from surefoot.revision.values import Json, is_sha256

__all__ = [
    "DEFAULT_GROUPS",
    "LIMITS",
    "LOCALS",
    "SPEC",
    "AutoRecovery",
    "Backoff",
    "Change",
    "ChangeKind",
    "Container",
    "Goal",
    "Group",
    "Json",
    "Limits",
    "Persistence",
    "Reason",
    "RecoveryPolicy",
    "RestartPolicy",
    "State",
    "StateError",
    "Storage",
    "Transition",
    "canonical",
    "check_revision_name",
    "decide",
    "diff",
    "is_local",
    "is_sha256",
    "number",
    "parse",
    "read_json",
]
