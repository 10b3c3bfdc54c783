"""A step as a tarball: what is in it, and that it is the same each time (pvr.md 2.1, 2.2)."""

import asyncio
import gzip
import http.client
import io
import tarfile

import pytest

from surefoot.errors import Corrupt
from surefoot.hub.trails.export import Member, header, select, size_of, tarred
from surefoot.wire.bundle import BundleObject, StateText, members
from tests.hub.trails.conftest import SPEC


@pytest.fixture
def stocked(gateway, uploaded):
    """A gateway whose step 1 has three files of two objects: (gateway, path, the two shas)."""
    first, second = uploaded(b"one" * 1000), uploaded(b"")
    text = (
        f'{{ "#spec":"{SPEC}", "app/root":"{first}", "bsp/kernel":"{second}", '
        f'"app/copy":"{first}", "app/run.json":{{"x":1.50}} }}'
    )
    posted = gateway.owner_asks("POST", "/steps", f'{{"state":{text}}}'.encode())
    assert posted.status == 200, posted.body
    device = gateway.world.call("GET", f"/devices/{gateway.id}", token=gateway.owner).json
    path = f"/exports/{device['owner-nick']}/{device['nick']}"
    return gateway, path, text, (first, second)


def export(gateway, target, token=None):
    return gateway.world.call("GET", target, token=gateway.owner if token is None else token)


def read(body):
    """{name: bytes} as our own reader takes them."""
    found = {}
    for member in members(io.BytesIO(body)):
        if isinstance(member, StateText):
            found["json"] = member.text
        elif isinstance(member, BundleObject):
            found[member.sha] = member.reader.read(member.size)
    return found


def test_the_state_comes_first_and_byte_for_byte_then_the_objects_sorted(stocked):
    gateway, path, text, (first, second) = stocked
    reply = export(gateway, f"{path}/1/gw.tar")
    assert reply.status == 200
    assert read(reply.body) == {"json": text.encode(), first: b"one" * 1000, second: b""}
    with tarfile.open(fileobj=io.BytesIO(reply.body)) as archive:
        names = archive.getnames()
        assert names == ["json", *(f"objects/{sha}" for sha in sorted([first, second]))]
        assert {member.mtime for member in archive} == {0}
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert reply.headers["content-disposition"] == 'attachment; filename="gw.tar"'


def test_the_devices_own_reader_can_read_it(stocked):
    """pvr.md 2.2: `ustar` magic, octal sizes, no extension headers."""
    gateway, path, _, _ = stocked
    body = export(gateway, f"{path}/1/gw.tar").body
    assert body[257:263] == b"ustar\0"
    assert body[124:136].rstrip(b"\0 ").isdigit()
    assert body.count(b"ustar\0") == 3
    assert len(body) % 512 == 0


@pytest.mark.parametrize("name", ["gw.tgz", "gw.tar.GZ", "gw.pvrexport.tgz"])
def test_the_name_says_whether_it_is_compressed(stocked, name):
    gateway, path, _, _ = stocked
    plain = export(gateway, f"{path}/1/gw.tar").body
    assert gzip.decompress(export(gateway, f"{path}/1/{name}").body) == plain


def test_it_is_the_same_each_time_whatever_the_device_reports(stocked):
    gateway, path, _, _ = stocked
    before = [export(gateway, f"{path}/1/gw{end}").body for end in (".tar", ".tgz")]
    gateway.report(1, "DONE")
    assert [export(gateway, f"{path}/latest/gw{end}").body for end in (".tar", ".tgz")] == before


def test_parts_take_what_is_below_them_and_the_spec(stocked):
    gateway, path, _, (first, _) = stocked
    found = read(export(gateway, f"{path}/latest/gw.tar?parts=app").body)
    assert set(found) == {"json", first}
    assert (
        found["json"]
        == (
            f'{{"#spec":"{SPEC}","app/copy":"{first}","app/root":"{first}",'
            '"app/run.json":{"x":1.5E0}}'
        ).encode()
    )


def test_parts_are_whole_names():
    """pvr.md 2.1: exact here, no prefix trap."""
    state = f'{{"#spec":"{SPEC}","a":1,"a/b":2,"ab":3,"c.json":4}}'
    assert select(state, ["a", "c.json"]) == f'{{"#spec":"{SPEC}","a":1,"a/b":2,"c.json":4}}'


def test_who_sees_the_device_may_have_it(stocked, eve, anonymous):
    gateway, path, _, _ = stocked
    target = f"{path}/1/gw.tar"
    assert export(gateway, target, eve).status == 403
    assert export(gateway, target, "").status == 401
    gateway.world.call("PUT", f"/devices/{gateway.id}/public", token=gateway.owner)
    assert export(gateway, target, anonymous).status == 200


def test_what_is_not_there_is_404(stocked):
    gateway, path, _, (first, _) = stocked
    for target in (f"{path}/7/x", f"{path}/x/x", "/exports/ada/nothing/0/x", "/exports/no/x/0/x"):
        assert export(gateway, target).status == 404
    gateway.world.run(gateway.world.blobs.remove(first))
    assert export(gateway, f"{path}/1/x").status == 404


def test_a_name_cannot_break_out_of_the_header(stocked):
    gateway, path, _, _ = stocked
    reply = export(gateway, f"{path}/1/a%22%0d%0ab.tar")
    assert reply.headers["content-disposition"] == 'attachment; filename="a___b.tar"'


def collected(given):
    async def run():
        return b"".join([piece async for piece in tarred(given)])

    return asyncio.run(run())


def test_the_length_is_known_beforehand(tmp_path):
    for size in (0, 1, 511, 512, 513):
        file = tmp_path / "f"
        file.write_bytes(b"x" * size)
        given = [Member("json", 2, 0o600, text=b"{}"), Member("objects/x", size, 0o644, file)]
        assert len(collected(given)) == size_of(given)


def test_a_file_that_got_shorter_ends_it(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"x")
    with pytest.raises(Corrupt, match="got shorter"):
        collected([Member("objects/x", 2, 0o644, file)])


def test_a_header_holds_no_owner_and_no_time():
    info = tarfile.TarInfo.frombuf(header(Member("json", 3, 0o600)), "utf-8", "strict")
    assert (info.uid, info.gid, info.mtime, info.mode) == (0, 0, 0, 0o600)


def test_a_cut_file_cuts_the_answer(stocked):
    """The length was told already: the client must see that it did not get all."""
    gateway, path, _, _ = stocked
    blobs = gateway.world.blobs
    before = blobs.size

    async def longer(sha):
        return await before(sha) + 5000

    blobs.size = longer
    try:
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            export(gateway, f"{path}/1/gw.tar")
    finally:
        blobs.size = before
    assert export(gateway, f"{path}/1/gw.tar").status == 200
