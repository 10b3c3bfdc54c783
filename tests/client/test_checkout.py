from pathlib import Path

import pytest

from surefoot.client.checkout import Source, open_source
from surefoot.errors import InvalidInput, NotFound
from tests.client.checkouts import checkout, exported, put, sha

ROOT, CONF = "root of app", "lxc.uts.name = app\n"
ALL = {sha(text): text for text in (ROOT, CONF, "kernel.img", "pantavisor")}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return checkout(tmp_path / "tree", "app")


@pytest.fixture
def text(tree: Path) -> str:
    return open_source(tree).text


def bodies(source: Source, *wanted: str) -> dict[str, str]:
    found = {}
    for each in source.objects(wanted or ALL):
        body = each.stream.read(1 << 20)
        assert len(body) == each.size == source.sizes[each.sha]
        found[each.sha] = body.decode()
    return found


def test_a_checkout_gives_its_state_and_the_bytes_of_its_objects(tree: Path) -> None:
    source = open_source(tree)
    assert bodies(source) == ALL
    assert source.state.container("app")


def test_only_the_wanted_objects_are_opened(tree: Path) -> None:
    source = open_source(tree)
    (tree / "bsp" / "kernel.img").unlink()
    assert bodies(source, sha(ROOT)) == {sha(ROOT): ROOT}


def test_a_file_that_vanishes_after_it_was_hashed_is_named(tree: Path) -> None:
    source = open_source(tree)
    (tree / "bsp" / "kernel.img").unlink()
    with pytest.raises(NotFound, match=r"bsp/kernel.img cannot be read"):
        list(source.objects([sha("kernel.img")]))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("name", ["x.tgz", "x"])
def test_a_tarball_is_known_by_its_content(tmp_path: Path, text: str, mode: str, name: str) -> None:
    source = open_source(exported(tmp_path / name, text, *ALL.values(), mode=mode))
    assert source.text == text
    assert bodies(source) == ALL
    assert bodies(source, sha(CONF)) == {sha(CONF): CONF}


def test_an_object_that_stands_twice_in_a_tarball_is_given_once(tmp_path: Path, text: str) -> None:
    """pvr.md 2.1: older exports have one member a path."""
    source = open_source(exported(tmp_path / "x.tar", text, ROOT, CONF, ROOT))
    assert [each.sha for each in source.objects(ALL)] == [sha(ROOT), sha(CONF)]


def test_half_a_tarball_is_refused_before_anything_is_given(tmp_path: Path, text: str) -> None:
    whole = exported(tmp_path / "x.tgz", text, *ALL.values(), mode="w:gz").read_bytes()
    (tmp_path / "x.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match=r"x.tgz: The tarball cannot be read to its end"):
        open_source(tmp_path / "x.tgz")


def test_a_state_json_takes_the_objects_beside_it(tmp_path: Path, text: str) -> None:
    put(tmp_path, "json", f" {text}\n")
    for name, body in ALL.items():
        put(tmp_path, f"objects/{name}", body)
    source = open_source(tmp_path / "json")
    assert source.text == f" {text}\n"
    assert bodies(source) == ALL


def test_an_unpacked_export_is_taken_by_its_directory(tmp_path: Path, text: str) -> None:
    put(tmp_path / "unpacked", "json", text)
    put(tmp_path / "unpacked", f"objects/{sha(ROOT)}", ROOT)
    assert bodies(open_source(tmp_path / "unpacked")) == {sha(ROOT): ROOT}


def test_what_is_there_and_of_the_right_size_is_not_missing(tree: Path) -> None:
    """R12: one of another size cannot be right, so it is sent again."""
    source = open_source(tree)
    there = {name: len(body) for name, body in ALL.items()}
    assert source.missing(there) == ()
    assert source.missing(there | {sha(ROOT): 1}) == (sha(ROOT),)
    assert source.missing({}) == tuple(sorted(ALL))


def test_an_object_that_nobody_has_is_named_with_its_path(tmp_path: Path, text: str) -> None:
    put(tmp_path, "json", text)
    source = open_source(tmp_path / "json")
    with pytest.raises(NotFound, match=rf"app/root.squashfs needs object {sha(ROOT)}.* or there"):
        source.require([sha(ROOT)], " or there")
    source.require([], "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}", "x holds no good state: #spec: expected"),
        ("", "x holds no good state: the JSON text"),
        ("\x7fELF", "x holds no good state: the JSON text"),
    ],
)
def test_any_other_file_is_refused_with_a_reason(tmp_path: Path, body: str, told: str) -> None:
    put(tmp_path, "x", body)
    with pytest.raises(InvalidInput, match=told):
        open_source(tmp_path / "x")


def test_a_huge_file_is_not_read_as_a_state(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(1 << 34)
    with pytest.raises(InvalidInput, match="neither a state JSON nor an export tarball"):
        open_source(tmp_path / "x")


def test_a_path_that_leads_nowhere_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere is not there"):
        open_source(tmp_path / "nowhere")
