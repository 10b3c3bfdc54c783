import pytest

from surefoot.errors import InvalidInput
from surefoot.revision import StateError, check_revision_name, is_local, number
from surefoot.revision.limits import Limits
from surefoot.revision.names import check_path, container_of_manifest, owner
from tests.revision.states import sha

# --- revisions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "0",
        "7",
        "1234567890",
        "locals/x",
        "locals/my-app_1.2+git~3",
        "locals/unclaimed-1",
        "locals/pvtx-1795503352-0a1b2c3d-999",
        "locals/" + "a" * 63,
        "locals/" + sha(),
    ],
)
def test_numbers_and_short_local_names_are_revisions(name):
    assert check_revision_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-1",
        "07",
        "+7",
        "7 ",
        "12345678901",
        "٧",
        "x",
        "current",
        "locals",
        "locals/",
        "locals/.",
        "locals/..",
        "locals/.hidden",
        "locals/-x",
        "locals/a/b",
        "locals//x",
        "locals/../0",
        "/locals/x",
        "locals/a b",
        "locals/a\n",
        "locals/a\x00",
        "locals/é",
        "locals/a%2Fb",
        "locals/" + "g" * 64,
        "locals/" + "a" * 65,
        "locals/x.surefoot-tmp",
        "locals/x.surefoot-next",
    ],
)
def test_other_names_are_refused(name):
    with pytest.raises(InvalidInput, match="is no name of a revision"):
        check_revision_name(name)


def test_local_revisions_count_as_zero():
    """R17."""
    assert is_local("locals/x")
    assert not is_local("7")
    assert (number("7"), number("0"), number("locals/x")) == (7, 0, 0)


def test_a_name_that_is_no_revision_has_no_number():
    with pytest.raises(InvalidInput):
        number("x")


# --- paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "app/root.squashfs",
        "_config/app/etc/.hidden/..rc",
        "app/.pv/x",
        "app/with blank",
        "app/é😀",
        "a" * 255,
        "/".join(["a" * 255] * 4),
        "app/x.surefoot-tmpx",
    ],
)
def test_relative_paths_are_accepted(path):
    check_path(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", "an empty name"),
        ("/etc/passwd", "an absolute path"),
        ("//x", "an absolute path"),
        ("..", "a segment that is empty, . or .."),
        ("app/../../etc/passwd", "a segment that is empty, . or .."),
        ("app//x", "a segment that is empty, . or .."),
        ("app/", "a segment that is empty, . or .."),
        ("./app", "a segment that is empty, . or .."),
        ("app/x\ny", "a control character"),
        ("app/\x00", "a control character"),
        ("app/\x7f", "a control character"),
        ("app/\x9b", "a control character"),
        (".pv/done", "a name that is reserved for the agent"),
        (".pvr/json", "a name that is reserved for the agent"),
        (".pv", "a name that is reserved for the agent"),
        ("app/x.surefoot-tmp", "a name that is reserved for the agent"),
        ("app.surefoot-next/x", "a name that is reserved for the agent"),
        ("a" * 256, "a name that is too long"),
        ("é" * 128, "a name that is too long"),
        ("/".join(["a" * 250] * 5), "a name that is too long"),
    ],
)
def test_hostile_paths_are_refused_with_what_is_wrong(path, found):
    with pytest.raises(StateError) as caught:
        check_path(path)
    assert (caught.value.key, caught.value.found) == (path, found)


def test_lengths_are_counted_in_bytes_of_utf8():
    limits = Limits(max_name=8, max_segment=4)
    check_path("é" * 2 + "/éx", limits)
    with pytest.raises(StateError):
        check_path("é" * 2 + "x", limits)


# --- whose a path is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("app/root.squashfs", "app"),
        ("app/a/b/c", "app"),
        ("app/src.json", "app"),
        ("_config/app/etc/x", "app"),
        ("_sigs/app.json", "app"),
        ("bsp/kernel.img", "bsp"),
        ("_sigs/bsp.json", "bsp"),
        ("device.json", None),
        ("_config/app", None),
        ("_sigs/app.txt", None),
        ("_sigs/app/x.json", None),
        ("_hostconfig/app/x", None),
    ],
)
def test_a_path_belongs_to_its_directory_its_config_or_its_signature(path, part):
    """device.md 3."""
    assert owner(path) == part


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("app/run.json", "app"),
        ("pv-avahi_2.x+1/run.json", "pv-avahi_2.x+1"),
        ("bsp/run.json", None),
        ("_config/run.json", None),
        ("run.json", None),
        ("app/sub/run.json", None),
        ("app/run.json.bak", None),
    ],
)
def test_a_container_is_a_directory_with_a_run_json(path, name):
    assert container_of_manifest(path) == name


@pytest.mark.parametrize("name", ["my app", "a:b", ".app", "-app", "a" * 65, "äpp", "a%b"])
def test_names_that_lxc_or_a_url_would_misread_are_refused(name):
    with pytest.raises(StateError, match="expected a container name"):
        container_of_manifest(f"{name}/run.json")
