"""What a device keeps and drops when its owner gives it up: ruling R20.

The running revision goes on under a local name, so that the numbers of a new trail meet none of the
old one. Links, not copies: no object is read.
"""

from itertools import count

from surefoot.device.storage import FACTORY, Storage
from surefoot.files import durable
from surefoot.revision import is_local
from surefoot.update.tables import DONE
from surefoot.wire.progress import PERCENT, Progress

NAME = "locals/unclaimed-{}"


def copy(storage: Storage, revision: str) -> str:
    """The name of the copy, which is DONE. Twice: a second copy, which garbage collection knows.

    Raises NotFound and StateError when the revision is not whole; NoRoom.
    """
    names = (NAME.format(number) for number in count(1))
    name = next(name for name in names if not storage.has_state(name))
    storage.copy_revision(revision, name, Progress(DONE.status, DONE.message, PERCENT[DONE.status]))
    return name


def drop_trails(storage: Storage) -> None:
    """No revision of the Hub is left but the factory one, and nothing that its containers wrote
    or said: a revision of the same number may come from the next owner. Twice is harmless."""
    for name in {*storage.all_trails(), *storage.with_disks(), *storage.logged()}:
        if not is_local(name) and name != FACTORY:
            storage.delete_trail(name)
            durable.remove_tree(storage.revision_disks(name))
            durable.remove_tree(storage.revision_logs(name))
