import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.revision import LIMITS, SPEC, StateError, canonical, parse, read_json
from tests.revision.states import DATA, app, document, documents, sha, state

PVR_STATE = json.loads((DATA / "pvr-commit.json").read_text())["pvr_json"]


def fault(text):
    with pytest.raises(StateError) as caught:
        parse(text if isinstance(text, (str, bytes)) else json.dumps(text))
    return caught.value


# --- what a state is ----------------------------------------------------------------------------


def test_a_state_of_the_real_pvr_is_parsed():
    one = parse(PVR_STATE)
    assert [container.name for container in one.containers] == ["app"]
    assert one.objects["app/root.squashfs"].startswith("ab529cf4")
    assert one.inline_text["notes/odd.json"] in PVR_STATE
    assert "#spec" not in one.objects.keys() | one.inline.keys()


@pytest.mark.parametrize("as_bytes", [False, True])
def test_the_text_is_kept_byte_for_byte(as_bytes):
    """Signatures cover the text as received (pvr.md 4.3)."""
    text = json.dumps(document({"x.json": {"é": 1.50}}), indent=3) + "\n"
    assert parse(text.encode() if as_bytes else text).text == text


def test_states_are_equal_when_their_texts_are():
    assert state(app("a")) == state(app("a"))
    assert hash(state(app("a"))) == hash(state(app("a")))
    assert state(app("a")) != state(app("a", "2"))


def test_objects_and_inline_json_are_told_apart_by_their_values():
    """pvr.md 1.2: 64 hex digits are an object, also under a name that ends with .json."""
    one = state({"a.json": sha(), "b.json": sha().upper(), "c.json": None, "d": sha()})
    assert one.objects.keys() >= {"a.json", "d"}
    assert one.inline == one.inline | {"b.json": sha().upper(), "c.json": None}


def test_numbers_of_inline_json_are_exact():
    text = json.dumps(document({"x.json": "?"})).replace('"?"', "[1.50, 12345678901234567890]")
    one = parse(text)
    assert one.inline_text["x.json"] == "[1.5E0,12345678901234567890]"
    assert canonical(one.inline["x.json"]) == one.inline_text["x.json"]


def test_a_container_is_found_by_name():
    one = state(app("a"), app("b"))
    assert one.container("b") is one.containers[1]
    assert one.container("c") is None


def test_a_large_state_is_accepted():
    """The reference stops at 2 MiB (device.md 11)."""
    parts = {f"app/files/{number:06}": sha() for number in range(40_000)}
    text = json.dumps(document(app("app"), parts))
    assert len(text) > 3 * 1024 * 1024
    assert len(parse(text).objects) > 40_000


# --- what a state is not ------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "[]", "null", "1", '"x"', "not json", b"\xff\xfe"])
def test_a_text_that_is_no_json_object_is_refused(text):
    assert fault(text).key == ""


@pytest.mark.parametrize("spec", [None, 1, "pantavisor-service-system@9", ""])
def test_the_spec_must_be_known(spec):
    error = fault(document() | {"#spec": spec})
    assert (error.key, error.expected) == ("#spec", f'"{SPEC}"')


def test_a_state_without_spec_is_refused():
    assert fault("{}").key == "#spec"


@pytest.mark.parametrize("value", [sha().upper(), sha()[1:], "", None, 1, {}, []])
def test_a_file_that_is_no_json_needs_a_sha256(value):
    error = fault(document({"app/x": value}))
    assert error.key == "app/x"
    assert error.expected == "a sha256 (64 lower-case hex digits)"


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "a//b", "a/./b", "a\nb", ".pv/done", ".pvr/json", ""]
)
@pytest.mark.parametrize("value", [sha(), {"x": 1}])
def test_a_path_that_could_leave_its_place_is_refused(path, value):
    assert fault(document() | {path: value}).key == path


@pytest.mark.parametrize(
    ("paths", "child"),
    [
        (["x", "x/y"], "x/y"),
        (["x/y/z", "x.a", "x/y"], "x/y/z"),
        (["app/run.json/x"], "app/run.json/x"),
    ],
)
def test_a_file_cannot_be_a_directory_as_well(paths, child):
    error = fault(document(app("app"), dict.fromkeys(paths, sha())))
    assert error.key == child
    assert error.found.endswith("is a file")


def test_names_that_only_begin_alike_do_not_clash():
    state(dict.fromkeys(["x", "x.y", "x-y/z", "xy/z"], sha()))


def test_a_repeated_path_is_refused():
    text = json.dumps(document())[:-1] + f', "bsp/kernel.img": "{sha()}"}}'
    assert fault(text).key == "bsp/kernel.img"


def test_a_number_that_would_fill_the_memory_is_refused():
    text = json.dumps(document({"x.json": "?"})).replace('"?"', "1e999999999")
    assert fault(text).key == "x.json"


def test_deep_nesting_is_refused():
    text = json.dumps(document({"x.json": "?"})).replace('"?"', "[" * 9999 + "]" * 9999)
    assert "levels of nesting" in fault(text).expected


def test_too_many_files_are_refused():
    text = json.dumps({str(number): 0 for number in range(LIMITS.max_keys + 1)})
    assert fault(text).expected == f"at most {LIMITS.max_keys} files"


def test_a_text_that_is_too_large_is_refused_before_it_is_read():
    error = fault(b"x" * (LIMITS.max_bytes + 1))
    assert error.expected == f"at most {LIMITS.max_bytes} bytes"


# --- the BSP ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "manifest",
    [
        {"initrd": "pantavisor", "linux": "kernel.img"},
        {"fit": "pantavisor.fit"},
        {"rpiab": "boot.img"},
        {"fit": "x", "linux": "y"},
        {"initrd": "a", "linux": "b", "addons": [], "fdt": "c", "initrd_config": ""},
    ],
)
def test_the_bsp_names_what_to_boot(manifest):
    state({"bsp/run.json": manifest})


@pytest.mark.parametrize(
    ("manifest", "key", "expected", "found"),
    [
        (..., "bsp/run.json", "a JSON object", "nothing"),
        (sha(), "bsp/run.json", "a JSON object", "the sha256 of an object"),
        ([], "bsp/run.json", "a JSON object", "a list"),
        ({}, "bsp/run.json", '"linux" and "initrd", or "fit", or "rpiab"', "none of them"),
        ({"linux": "x"}, "bsp/run.json", None, 'only "linux"'),
        ({"linux": 1, "initrd": "x"}, "bsp/run.json: linux", "a text", "the number 1"),
        ({"fit": "../x"}, "bsp/run.json: fit", "the name of a file", None),
    ],
)
def test_a_bsp_that_could_not_boot_is_refused(manifest, key, expected, found):
    error = fault(document({"bsp/run.json": manifest}))
    assert error.key == key
    assert expected in (None, error.expected)
    assert found in (None, error.found)


# --- properties ---------------------------------------------------------------------------------


@given(documents())
def test_a_state_depends_only_on_the_values_in_it(whole):
    loose = parse(json.dumps(whole, indent=1))
    tight = parse(canonical(read_json(json.dumps(whole))))
    assert loose.contents == tight.contents
    assert loose.containers == tight.containers


@given(documents())
def test_containers_come_in_start_order(whole):
    one = parse(json.dumps(whole))
    order = [group.name for group in one.groups]
    starts = [(order.index(container.group), container.name) for container in one.containers]
    assert starts == sorted(starts)


def test_a_state_cut_at_any_byte_is_refused():
    text = json.dumps(document(app("app"))).encode()
    for length in range(len(text)):
        fault(text[:length])


@given(st.data())
def test_a_damaged_state_is_parsed_or_refused_with_a_reason(data):
    text = json.dumps(document(app("app", roles=["mgmt"], auto_recovery={"max_retries": 3})))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(start + 8, len(text))))
    rubbish = data.draw(st.text(st.sampled_from('{}[]",:\\/.0123e-+ntu'), max_size=6))
    with suppress(StateError):
        parse(text[:start] + rubbish + text[end:])
