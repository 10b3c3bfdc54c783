"""The room for the agent's own records: clients never get it (peers 3: balena-supervisor#674)."""

from surefoot.device.storage import Storage
from surefoot.errors import NoRoom
from surefoot.files.objects import ObjectStore, Receiver
from surefoot.files.reserve import Reserve


class GuardedObjects(ObjectStore):
    """The object store as clients may fill it."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage.objects.root)
        self._reserve = storage.reserve

    def receive(self, sha: str) -> Receiver:
        """As ObjectStore's. Raises NoRoom while the reserve cannot be held."""
        require_reserve(self._reserve)
        return super().receive(sha)


def require_reserve(reserve: Reserve) -> None:
    """Raises NoRoom when it was spent and cannot be taken again yet."""
    if not reserve.hold():
        raise NoRoom("The disk is full; free some space first")
