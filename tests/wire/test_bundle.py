import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.errors import InvalidInput
from surefoot.wire.bundle import BundleObject, Limits, Reader, StateText, members

STATE = b'{"#spec":"pantavisor-service-system@1"}'
BODY = b"squashed" * 5000
SHA = hashlib.sha256(BODY).hexdigest()
OBJECT = (f"objects/{SHA}", BODY)
SMALL = Limits(max_state=100, max_object=50_000, max_members=3, max_gap=4096)

Entry = tuple[str, bytes]


def tarball(*entries: Entry, form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, body in entries:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = target
        archive.addfile(info)
    return out.getvalue()


def drained(reader: Reader) -> bytes:
    return b"".join(iter(lambda: reader.read(1000), b""))


def unpacked(data: bytes, limits: Limits = Limits()) -> list[Entry]:  # noqa: B008
    found: list[Entry] = []
    for member in members(io.BytesIO(data), limits):
        if isinstance(member, StateText):
            found.append(("json", member.text))
        else:
            found.append((member.sha, drained(member.reader)))
    return found


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_the_state_and_its_objects_come_in_order(pack: Callable[..., bytes], form: int) -> None:
    assert unpacked(pack(tarball(("json", STATE), OBJECT, form=form))) == [
        ("json", STATE),
        (SHA, BODY),
    ]


def test_the_state_may_come_last() -> None:
    assert [name for name, _ in unpacked(tarball(OBJECT, ("json", STATE)))] == [SHA, "json"]


def test_an_object_of_two_paths_may_come_twice() -> None:
    assert len(unpacked(tarball(("json", STATE), OBJECT, OBJECT))) == 3


def test_objects_that_nobody_reads_are_passed_over() -> None:
    seen = [
        member.size if isinstance(member, BundleObject) else member.text
        for member in members(io.BytesIO(tarball(OBJECT, OBJECT, ("json", STATE))), SMALL)
    ]
    assert seen == [len(BODY), len(BODY), STATE]


def test_the_directory_that_plain_tar_writes_is_no_member() -> None:
    data = special("objects", tarfile.DIRTYPE)[:512] + tarball(("json", STATE))
    assert unpacked(data) == [("json", STATE)]


def test_a_stream_that_gives_few_bytes_at_a_time_is_read_whole() -> None:
    class Drips(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 1) if size != -1 else 1)

    data = gzip.compress(tarball(("json", STATE)))
    assert [member.text for member in members(Drips(data)) if isinstance(member, StateText)] == [
        STATE
    ]


@pytest.mark.parametrize(
    "name",
    [
        "../json",
        "/json",
        "./json",
        "json/",
        "objects/",
        f"objects/{SHA}/x",
        f"objects/{SHA[:-1]}",
        f"objects/{SHA.upper()}",
        f"objects/../{SHA}",
        f"objects/{SHA}\n",
        "objects2",
        "etc/passwd",
        "json\n",
        "x" * 300,
    ],
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="only the files 'json' and 'objects/<sha256>'"):
        unpacked(tarball(("json", STATE), (name, b"x"), form=tarfile.GNU_FORMAT))


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.GNUTYPE_SPARSE,
        tarfile.CONTTYPE,
        b"Z",
    ],
)
def test_only_files_are_members(kind: bytes) -> None:
    with pytest.raises(InvalidInput):
        unpacked(special("json", kind, "/etc/passwd"))


def test_two_states_are_refused() -> None:
    with pytest.raises(InvalidInput, match="more than one 'json'"):
        unpacked(tarball(("json", STATE), ("json", STATE)))


@pytest.mark.parametrize("data", [tarball(), tarball(OBJECT), bytes(10240)])
def test_a_tarball_without_a_state_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no 'json'"):
        unpacked(data)


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ([("json", b"x" * 101)], "at most 100"),
        ([("json", STATE), (f"objects/{SHA}", b"x" * 50_001)], "at most 50000"),
        ([("json", STATE), OBJECT, OBJECT, OBJECT], "more than 3 members"),
    ],
)
def test_sizes_and_number_are_bounded(entries: list[Entry], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        unpacked(tarball(*entries), SMALL)


def test_what_follows_the_end_is_bounded() -> None:
    padded = tarball(("json", STATE)) + bytes(2000)
    assert unpacked(padded, SMALL) == [("json", STATE)]
    with pytest.raises(InvalidInput, match="too much"):
        unpacked(padded + bytes(100_000), SMALL)


def header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("long")
    info.type = kind
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    "kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE]
)
@pytest.mark.parametrize("before", [b"", tarball(OBJECT)[:-10240]], ids=["first", "after"])
def test_an_extension_header_of_any_size_costs_little_memory(kind: bytes, before: bytes) -> None:
    bomb = gzip.compress(before + header(kind, 48 << 20) + bytes(48 << 20), compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput):
            unpacked(bomb)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data", [b"", b"\x1f", b"\x1f\x8b", b"PK\x03\x04" * 300, b"{}" * 600, os.urandom(10240)]
)
def test_what_is_no_tarball_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        unpacked(data)


def test_a_flipped_bit_in_a_gzip_is_noticed_before_the_end() -> None:
    stored = bytearray(gzip.compress(tarball(("json", STATE)), compresslevel=0))
    stored[stored.index(STATE)] ^= 1
    with pytest.raises(InvalidInput, match="CRC"):
        unpacked(bytes(stored))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_tarball_cut_inside_a_member_is_refused(pack: Callable[..., bytes]) -> None:
    data = pack(tarball(OBJECT, ("json", STATE)))
    for cut in range(0, len(data) - 10240 if pack is bytes else len(data), 97):
        with pytest.raises(InvalidInput):
            unpacked(data[:cut])


@given(st.integers(0, 60_000), st.binary(min_size=1, max_size=8))
def test_damage_is_refused_or_read_and_never_crashes(place: int, junk: bytes) -> None:
    data = bytearray(tarball(OBJECT, ("json", STATE)))
    data[place : place + len(junk)] = junk
    try:
        unpacked(bytes(data))
    except InvalidInput:
        pass
