import pytest

from surefoot.device.server.desk import Caller, Desk, Reply
from surefoot.errors import SurefootError
from surefoot.files.objects import ObjectStore
from tests.device.server.memory_desk import MemoryDesk


@pytest.mark.parametrize(
    ("caller", "privileged"),
    [
        (Caller(None), True),
        (Caller("app"), False),
        (Caller("app", frozenset({"nobody"})), False),
        (Caller("app", frozenset({"mgmt", "other"})), True),
    ],
)
def test_the_host_and_the_role_mgmt_are_privileged(caller: Caller, privileged: bool) -> None:
    """R26: a container without roles has none."""
    assert caller.privileged is privileged


def test_a_reply_is_an_error_like_any_other() -> None:
    reply = Reply(409, "text", reason="why", retry_after_s=3)
    assert isinstance(reply, SurefootError)
    assert (str(reply), reply.status, reply.reason, reply.retry_after_s) == ("text", 409, "why", 3)


def test_the_desk_of_the_tests_has_all_that_the_protocol_asks_for(desk: MemoryDesk) -> None:
    asked = {name for name in vars(Desk) if not name.startswith("_")}
    assert all(hasattr(desk, name) for name in asked)
    assert isinstance(desk.objects, ObjectStore)
