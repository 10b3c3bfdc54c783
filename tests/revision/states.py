"""States for tests: small, valid, and easy to change in one place."""

import json
from hashlib import sha256
from pathlib import Path

from hypothesis import strategies as st

from surefoot.revision import parse

DATA = Path(__file__).parents[1] / "data" / "revision"


def sha(name="x"):
    return sha256(name.encode()).hexdigest()


def run_json(name, **members):
    return {
        "#spec": "service-manifest-run@1",
        "name": name,
        "type": "lxc",
        "config": "lxc.container.conf",
        "root-volume": "root.squashfs",
    } | {member.replace("__", "-"): value for member, value in members.items()}


def app(name, version="1", /, **members):
    """The files of one container; two versions differ in the root file system."""
    return {
        f"{name}/run.json": run_json(name, **members),
        f"{name}/lxc.container.conf": sha(f"{name} conf"),
        f"{name}/root.squashfs": sha(f"{name} root {version}"),
    }


def document(*parts, bsp="1"):
    """A whole state as a dictionary; later parts win."""
    whole = {
        "#spec": "pantavisor-service-system@1",
        "bsp/run.json": {"initrd": "pantavisor", "linux": "kernel.img"},
        "bsp/kernel.img": sha(f"kernel {bsp}"),
        "bsp/pantavisor": sha("initrd"),
    }
    for part in parts:
        whole |= part
    return {path: value for path, value in whole.items() if value is not ...}


def state(*parts, bsp="1"):
    return parse(json.dumps(document(*parts, bsp=bsp)))


def groups(*names, **members):
    """A device.json with those groups."""
    return {"device.json": {"groups": [{"name": name} | members for name in names]}}


# --- strategies ---------------------------------------------------------------------------------

_TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
_NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40),
    st.decimals(allow_nan=False, allow_infinity=False, places=5).map(lambda n: n.normalize()),
)


def is_fraction(number):
    """What stays a Decimal when it is read back: integers become int."""
    return number != number.to_integral_value()


EXACT_NUMBERS = _NUMBERS.map(lambda n: n if isinstance(n, int) or is_fraction(n) else int(n))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | EXACT_NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=20,
)

_POLICIES = st.sampled_from(["system", "container"])
_NAMES = ["app", "base", "web"]


@st.composite
def _containers(draw):
    parts = {}
    for name in draw(st.sets(st.sampled_from(_NAMES))):
        members = {"group": "app", "restart_policy": draw(_POLICIES)}
        parts |= app(name, draw(st.sampled_from("12")), **members)
    return parts


@st.composite
def documents(draw):
    """States that have much in common with each other, so that pairs differ in few places."""
    loose = ["README", "bsp/modules", "_hostconfig/x", *(f"{name}/extra" for name in _NAMES)]
    attached = [f"_config/{name}/etc/x" for name in _NAMES]
    signed = [f"_sigs/{name}.json" for name in [*_NAMES, "bsp"]]
    contents = st.sampled_from([sha("1"), sha("2")])
    files = draw(st.dictionaries(st.sampled_from(loose + attached), contents, max_size=3))
    sigs = draw(st.dictionaries(st.sampled_from(signed), st.sampled_from([{"a": 1}, {"a": 2}])))
    return document(draw(_containers()), files, sigs, bsp=draw(st.sampled_from("12")))
