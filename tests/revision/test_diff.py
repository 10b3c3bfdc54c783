import json

from hypothesis import given

from surefoot.revision import Change, ChangeKind, diff, parse
from tests.revision.states import app, document, documents, sha, state


def changes(old, new):
    return {change.path: change.kind for change in diff(old, new)}


def test_equal_states_do_not_differ():
    assert diff(state(app("a")), state(app("a"))) == ()


def test_each_kind_of_change_is_found_in_the_order_of_paths():
    old = state(app("a"), {"gone": sha(), "same": sha()})
    new = state(app("a", "2"), {"new": sha(), "same": sha()})
    assert diff(old, new) == (
        Change("a/root.squashfs", ChangeKind.MODIFIED),
        Change("gone", ChangeKind.REMOVED),
        Change("new", ChangeKind.ADDED),
    )


def test_inline_json_is_compared_by_value():
    old = '{"a":[1,2.50,"é"],"b":{}}'
    new = '{ "b" : {}, "a" : [1.0, 25e-1, "\\u00e9"] }'
    assert diff(_with_inline(old), _with_inline(new)) == ()


def test_true_and_one_are_different_values():
    assert changes(_with_inline("[true,0]"), _with_inline("[1,false]")) == {"x.json": "modified"}


def test_a_null_and_an_absent_file_are_different():
    assert changes(_with_inline("null"), state()) == {"x.json": "removed"}


def test_an_object_that_becomes_inline_json_is_a_change():
    assert changes(state({"x.json": "1" * 64}), _with_inline("1" * 64)) == {"x.json": "modified"}


def _with_inline(text):
    return parse(json.dumps(document({"x.json": "?"})).replace('"?"', text))


@given(documents(), documents())
def test_the_changes_applied_to_the_old_state_give_the_new_one(before, after):
    old, new = parse(json.dumps(before)), parse(json.dumps(after))
    applied = dict(before)
    for change in diff(old, new):
        if change.kind is ChangeKind.REMOVED:
            del applied[change.path]
        else:
            assert (change.path in applied) is (change.kind is ChangeKind.MODIFIED)
            applied[change.path] = after[change.path]
    assert applied == after


@given(documents(), documents())
def test_the_way_back_is_the_same_changes_the_other_way(before, after):
    old, new = parse(json.dumps(before)), parse(json.dumps(after))
    opposite = {"added": "removed", "removed": "added", "modified": "modified"}
    there = changes(old, new)
    assert changes(new, old) == {path: opposite[kind] for path, kind in there.items()}
