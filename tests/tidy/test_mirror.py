"""Tests stand where their source stands: `tests/update/test_tables.py` for `update/tables.py`."""

from tests.tidy.source import PACKAGE, ROOT, TESTS, modules, name

# Source files without a test file of their own name, each with where it is tested instead.
TESTED_ELSEWHERE = {
    # The rules of one machine, told as whole stories: event in, effects out.
    **{
        f"src/surefoot/update/{name}.py": "tests/update/test_advance.py"
        for name in ("back", "begin", "factory", "gates", "staged", "trial", "work")
    },
    "src/surefoot/__main__.py": "tests/cli/",
    "src/surefoot/hub/routes.py": "tests/hub/test_ownership.py",
    "src/surefoot/hub/db/protocol.py": "tests/conformance/",
    "src/surefoot/hub/blobs/protocol.py": "tests/conformance/",
    "src/surefoot/device/runtimes/lxc.py": "tests/conformance/",
    "src/surefoot/device/runtimes/process.py": "tests/conformance/",
    "src/surefoot/device/runtimes/protocol.py": "tests/conformance/",
    "src/surefoot/boot/protocol.py": "tests/boot/test_protocol.py",
}

# Modules of plain values, tested through the machine that they belong to.
VALUES = {"__init__", "effects", "events", "record"}

# What is asked of every route, whoever's it is.
SUITES = ("tests/hub/test_bad_bodies.py", "tests/hub/test_ownership.py")

# Folders of tests that mirror no room.
OTHER_TESTS = ("conformance", "data", "interop", "support", "tidy", "walks")


def test_every_module_has_its_test_file():
    missing = []
    for path in modules():
        place = path.relative_to(PACKAGE)
        test = TESTS / place.with_name(f"test_{place.name}")
        is_excused = path.stem in VALUES or name(path) in TESTED_ELSEWHERE
        if not test.exists() and not is_excused:
            missing.append(f"{name(path)}: no {name(test)}")
    assert not missing


def test_every_test_file_has_its_module():
    orphans = []
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS)
        source = PACKAGE / place.with_name(place.name.removeprefix("test_"))
        package = PACKAGE / place.parent / place.stem.removeprefix("test_") / "__init__.py"
        stands_alone = place.parts[0] in OTHER_TESTS or name(path) in SUITES
        if not stands_alone and not source.exists() and not package.exists():
            orphans.append(f"{name(path)}: no {name(source)}")
    assert not orphans


def test_no_exception_outlives_its_file():
    assert not [entry for entry in TESTED_ELSEWHERE if not (ROOT / entry).exists()]
