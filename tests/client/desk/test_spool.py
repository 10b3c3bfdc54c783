import hashlib
import json
from pathlib import Path

import pytest

from surefoot.client.checkout import open_source
from surefoot.client.desk.spool import spooled
from surefoot.errors import Corrupt
from tests.client.checkouts import checkout, exported, sha


def test_files_of_a_checkout_are_taken_where_they_are(tmp_path: Path) -> None:
    tree = checkout(tmp_path / "tree", "app")
    source = open_source(tree)
    with spooled(source, set(source.sizes)) as ready:
        found = list(ready)
    assert {one.path for one in found} == {tree / path for path in source.state.objects}
    for one in found:
        one.done()
        assert hashlib.sha256(one.path.read_bytes()).hexdigest() == one.sha


def test_objects_of_a_tarball_are_copied_one_by_one_and_nothing_is_left(tmp_path: Path) -> None:
    source = open_source(
        exported(tmp_path / "x.tgz", state("one", "two"), "one", "two", mode="w:gz")
    )
    with spooled(source, {sha("one"), sha("two")}) as ready:
        first = next(ready)
        assert first.path.read_text() == "one"
        place = first.path.parent
        first.done()
        first.done()
        assert list(place.iterdir()) == []
        assert next(ready).path.read_text() == "two"
    assert not place.exists()


def test_bytes_of_another_name_are_never_sent(tmp_path: Path) -> None:
    tarball = exported(tmp_path / "x.tar", state("one"), "one")
    tarball.write_bytes(tarball.read_bytes().replace(b"one\0", b"eno\0"))
    source = open_source(tarball)
    with spooled(source, {sha("one")}) as ready, pytest.raises(Corrupt, match="other bytes"):
        next(ready)


def state(*objects: str) -> str:
    files = {f"bsp/{number}": sha(text) for number, text in enumerate(objects)}
    manifest = {"linux": "0", "initrd": "0"}
    return json.dumps({"#spec": "pantavisor-service-system@1", "bsp/run.json": manifest, **files})
