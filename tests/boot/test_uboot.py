import pytest

from surefoot.boot.uboot import MAX_BYTES, decode, encode
from surefoot.errors import Corrupt, InvalidInput

ARMED = {"pv_rev": "3", "pv_try": "locals/app-2"}


def test_what_is_encoded_decodes_to_itself() -> None:
    for variables in (ARMED, {"pv_rev": "0", "pv_try": ""}, {"pv_trying": "7"}, {"a": "b=c d"}):
        assert decode(encode(variables)) == variables


def test_the_list_has_the_bytes_that_u_boot_reads() -> None:
    """device.md 4: `key=value` ended by NUL, the list ended by an empty string."""
    assert encode(ARMED).startswith(b"pv_rev=3\0pv_try=locals/app-2\0\0")


def test_the_references_own_file_of_64_kib_is_read() -> None:
    listed = b"pv_rev=3\0pv_try=4\0\0"
    assert decode(listed.ljust(1 << 16, b"\0")) == {"pv_rev": "3", "pv_try": "4"}
    assert decode(listed) == {"pv_rev": "3", "pv_try": "4"}


def test_every_prefix_is_the_whole_or_corrupt() -> None:
    """peers 3: mcuboot#1966."""
    data = encode(ARMED)
    legal = [size for size in range(len(data) + 1) if _decoded(data[:size]) is not None]
    assert legal == [data.index(b"\0\0") + 2, len(data)]
    assert all(_decoded(data[:size]) == ARMED for size in legal)


def test_every_flipped_bit_is_noticed() -> None:
    data = encode(ARMED)
    for place in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[place] ^= 1 << bit
            assert _decoded(bytes(flipped)) is None, (place, bit)


def test_every_byte_replaced_by_a_zero_is_noticed() -> None:
    data = encode(ARMED)
    for place, byte in enumerate(data):
        if byte:
            assert _decoded(data[:place] + b"\0" + data[place + 1 :]) is None, place


def test_every_torn_mixture_of_two_files_is_noticed() -> None:
    """A sector that was overwritten in part: the head of the new file, the tail of the old one."""
    old = encode({"pv_rev": "3", "pv_try": ""}).ljust(512, b"\0")
    new = encode({"pv_rev": "4", "pv_try": "5"}).ljust(512, b"\0")
    for size in range(len(new)):
        torn = new[:size] + old[size:]
        if torn not in (old, new):
            assert _decoded(torn) is None, size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"\0\0",
        bytes(MAX_BYTES),
        bytes(1 << 16),
        b"pv_rev=3",
        b"pv_rev=3\0",
        b"pv_rev\0\0",
        b"=3\0\0",
        b"pv_rev=3\0pv_rev=4\0\0",
        b"pv_rev=\x1b[2J\0\0",
        b"pv_rev=\xc3\xa4\0\0",
        b"pv_rev=3\n\0\0",
        b"pv_rev=3\0\0pv_try=4\0\0",
        b"pv_rev=" + b"3" * MAX_BYTES + b"\0\0",
    ],
)
def test_what_is_no_list_is_corrupt(data: bytes) -> None:
    with pytest.raises(Corrupt):
        decode(data)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"": "3"},
        {"pv=rev": "3"},
        {"pv_rev": "3\0"},
        {"pv_rev": "3\n"},
        {"pv_rev": "ä"},
        {"pv_rev": "3" * MAX_BYTES},
    ],
)
def test_what_the_format_cannot_hold_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        encode(variables)


def test_the_longest_file_that_is_written_is_read_in_full() -> None:
    room = MAX_BYTES - len(encode({"pv_rev": ""}))
    longest = {"pv_rev": "x" * room}
    assert len(encode(longest)) == MAX_BYTES
    assert decode(encode(longest)) == longest
    with pytest.raises(InvalidInput):
        encode({"pv_rev": "x" * (room + 1)})


def _decoded(data: bytes) -> dict[str, str] | None:
    try:
        return decode(data)
    except Corrupt:
        return None
