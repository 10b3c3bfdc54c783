"""Rows of auto-join tokens."""

import base64
from dataclasses import replace

from surefoot.hub.devices.join_tokens import store
from surefoot.hub.devices.join_tokens.store import JoinToken
from tests.hub.devices.test_store import on_rows

TEXT = "dGVzdC10b2tlbi10ZXN0LXRva2VuLXRlc3Q="
LINE = JoinToken(
    id="5f3e9c0a1b2c3d4e5f607182",
    owner="",
    nick="line",
    token=store.digest(TEXT),
    user_meta='{"site":"lab"}',
    disabled=False,
    created=5,
    modified=5,
)


def test_a_token_is_base64_of_24_random_bytes():
    """hub-wire 3.3: at most 64 characters fit into a device's header."""
    texts = {store.make_text() for _ in range(100)}
    assert len(texts) == 100
    assert all(len(base64.b64decode(text, validate=True)) == 24 for text in texts)


def test_its_hash_does_not_look_at_padding():
    assert store.digest(TEXT) == store.digest(TEXT.rstrip("=")) == store.digest(TEXT + "==")
    assert store.digest(TEXT) != store.digest(TEXT[:-3])
    assert TEXT.rstrip("=") not in store.digest(TEXT)


def test_a_token_is_found_by_its_text_and_comes_back_as_it_was_put(tmp_path):
    async def work(db, ada):
        await store.insert(db, replace(LINE, owner=ada))
        found = await store.by_text(db, TEXT), await store.by_text(db, "another")
        return ada, found, await store.of_owner(db, ada), await store.of_owner(db, "eve")

    ada, found, of_ada, of_eve = on_rows(tmp_path, work)
    assert found == (replace(LINE, owner=ada), None)
    assert (of_ada, of_eve) == ([replace(LINE, owner=ada)], [])


def test_only_its_owner_disables_a_token_twice_if_he_likes(tmp_path):
    async def work(db, ada):
        await store.insert(db, replace(LINE, owner=ada))
        done = [await store.disable(db, owner, LINE.id, 9) for owner in ("eve", ada, ada)]
        return done, await store.by_text(db, TEXT)

    done, found = on_rows(tmp_path, work)
    assert done == [False, True, True]
    assert (found.disabled, found.modified) == (True, 9)
