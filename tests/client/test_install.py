from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.client.checkout import Source, open_source
from surefoot.client.install import Transfer, default_name, install, local_name
from surefoot.errors import Conflict, Corrupt, InvalidInput, NotFound
from tests.client.checkouts import checkout, exported, put, sha
from tests.client.story import RUN, Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path / "device")
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return open_source(checkout(tmp_path / "tree", "app"))


def test_missing_objects_go_first_then_the_state(machine: Machine, source: Source) -> None:
    done = install(machine.client, source, RUN)
    assert dict(machine.desk.objects.list()) == dict(source.sizes)
    assert machine.desk.states[RUN] == source.text.encode()
    assert (done.revision, done.sent, done.kept) == (RUN, 4, 0)
    assert done.sent_bytes == sum(source.sizes.values())


def test_what_is_there_is_not_sent_again(machine: Machine, source: Source) -> None:
    install(machine.client, source, RUN)
    machine.desk.stored.clear()
    again = install(machine.client, source, "locals/two")
    assert (again.sent, again.kept, again.sent_bytes) == (0, 4, 0)
    assert machine.desk.stored == []


def test_an_object_of_another_size_is_sent_and_heals(machine: Machine, source: Source) -> None:
    """R12."""
    install(machine.client, source, RUN)
    name = source.state.objects["app/root.squashfs"]
    machine.desk.objects.path(name).write_bytes(b"cut")
    assert install(machine.client, source, RUN).sent == 1
    assert machine.desk.objects.verify(name)


def test_transfers_are_told_from_the_first_byte_to_the_last(
    machine: Machine, tmp_path: Path
) -> None:
    put(checkout(tmp_path / "big", "app"), "app/root.squashfs", "x" * 600_000)
    seen: list[Transfer] = []
    install(machine.client, open_source(tmp_path / "big"), RUN, seen.append)
    root = [each.done for each in seen if each.path == "app/root.squashfs"]
    assert root[0] == 0
    assert root[-1] == 600_000
    assert root == sorted(root)
    assert len(root) > 2


def test_a_tarball_is_installed_without_being_unpacked(
    machine: Machine, source: Source, tmp_path: Path
) -> None:
    bodies = [each.stream.read(100).decode() for each in source.objects(source.sizes)]
    tarball = exported(tmp_path / "x.tgz", source.text, *bodies, mode="w:gz")
    assert install(machine.client, open_source(tarball), RUN).sent == 4


def test_objects_that_the_device_has_may_lack_in_the_source(
    machine: Machine, source: Source, tmp_path: Path
) -> None:
    put(tmp_path, "only/json", source.text)
    alone = open_source(tmp_path / "only" / "json")
    with pytest.raises(NotFound, match=r"needs object .* nor on the device"):
        install(machine.client, alone, RUN)
    assert RUN not in machine.desk.states
    install(machine.client, source, "locals/full")
    assert install(machine.client, alone, RUN).kept == 4


def test_a_file_that_changes_while_it_is_sent_is_not_stored(
    machine: Machine, source: Source
) -> None:
    (source.place / "app" / "root.squashfs").write_text("quite another root")
    with pytest.raises(Corrupt):
        install(machine.client, source, RUN)
    assert RUN not in machine.desk.states


def test_a_refused_state_is_told_with_its_reason(
    machine: Machine, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(revision: str, text: bytes) -> None:
        raise Conflict(f"Revision {revision} is in use; store the new state under another name")

    monkeypatch.setattr(machine.desk, "step_put", refuse)
    with pytest.raises(Conflict, match="in use"):
        install(machine.client, source, RUN)


def test_a_message_goes_with_the_step(machine: Machine, source: Source) -> None:
    install(machine.client, source, RUN, message="new root")
    assert machine.desk.messages == {RUN: "new root"}


def test_a_state_has_a_name_of_its_own() -> None:
    assert default_name("x") == f"locals/{sha('x')[:12]}"


@pytest.mark.parametrize("name", ["one", "locals/one"])
def test_a_name_may_come_with_or_without_locals(name: str) -> None:
    assert local_name(name) == RUN


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 65])
def test_a_name_that_no_local_revision_can_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        local_name(name)
