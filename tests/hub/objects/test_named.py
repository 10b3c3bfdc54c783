"""What of a state is an object."""

import json

import pytest

from surefoot.hub.objects.named import named
from surefoot.revision.json_text import read_json
from surefoot.revision.values import is_sha256

SHA = "ab" * 32


def test_the_objects_of_a_state_are_its_hashes_whatever_their_names():
    state = {
        "#spec": "pantavisor-service-system@1",
        "app/root.squashfs": SHA,
        "app/odd.json": "cd" * 32,
        "app/run.json": {"config": SHA, "n": 1},
        "notes.json": "no hash",
        "big.json": 1,
    }
    text = json.dumps(state).replace(": 1}", ": 123456789012345678901234567890e999}")
    assert named(text) == {"app/root.squashfs": SHA, "app/odd.json": "cd" * 32}


@pytest.mark.parametrize(
    "text",
    [
        f'{{ "a" : "{SHA}" ,"b":\n"{SHA[1:]}x"}}',
        f'{{"a\\u002fb":"{SHA}"}}',
        f'{{"a":"{SHA[:63]}\\u0062","b":"{SHA[:58]}\\u0062"}}',
        f'{{"a":["{SHA}"],"#spec":"{SHA}","b":{{"c":"{SHA}"}}}}',
        f'{{"\\ud800":"{SHA}","b":{{"c":"\\udc00"}},"d":"\\ud83d\\ude00"}}',
        "{}",
    ],
)
def test_it_is_what_was_looked_for_when_the_state_was_posted(text):
    value = read_json(text)
    assert isinstance(value, dict)
    wanted = {
        name: found
        for name, found in value.items()
        if name != "#spec" and isinstance(found, str) and is_sha256(found)
    }
    assert named(text) == wanted
