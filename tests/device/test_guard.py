"""The reserve is the agent's: clients cannot eat it (peers 3: balena-supervisor#674)."""

import hashlib

import pytest

from surefoot.device.guard import GuardedObjects, require_reserve
from surefoot.device.storage import Storage
from surefoot.errors import NoRoom

DATA = b"bytes"
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def storage(tmp_path):
    made = Storage(tmp_path)
    made.recover()
    return made


def test_an_object_comes_in_while_the_reserve_is_held(storage):
    with GuardedObjects(storage).receive(SHA) as receiver:
        receiver.write(DATA)
        receiver.commit()
    assert storage.objects.has(SHA)


def test_a_reserve_that_was_spent_is_taken_again_before_anything_else(storage):
    storage.reserve.spend()
    require_reserve(storage.reserve)
    assert storage.reserve.held()


def test_nothing_comes_in_while_the_reserve_cannot_be_held(storage, monkeypatch):
    monkeypatch.setattr(type(storage.reserve), "hold", lambda self: False)
    with pytest.raises(NoRoom):
        GuardedObjects(storage).receive(SHA)
    assert not storage.objects.has(SHA)
