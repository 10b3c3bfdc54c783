import pytest

from surefoot.revision import LIMITS, Limits, StateError, parse
from tests.revision.states import document, sha


def test_the_limits_are_above_the_references_and_bounded():
    assert LIMITS.max_bytes > 2 * 1024 * 1024
    assert LIMITS.max_segment == 255


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(max_bytes=100), "at most 100 bytes"),
        (Limits(max_keys=3), "at most 3 files"),
        (Limits(max_values=5), "at most 5 values"),
        (Limits(max_depth=1), "at most 0 levels of nesting"),
        (Limits(max_name=100), "a relative path that stays inside the revision"),
    ],
)
def test_each_limit_is_named_when_it_is_passed(limits, expected):
    text = _text({f"README{'/x' * 60}": sha(), "empty.json": {}})
    with pytest.raises(StateError) as caught:
        parse(text, limits)
    assert caught.value.expected == expected


def _text(part):
    import json

    return json.dumps(document(part))
