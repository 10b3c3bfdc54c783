"""What a reader finds in each room, and what must not be found in any file."""

import ast
import re

from tests.tidy.source import TESTS, committed, modules, name, tree

# Headings of the seed page, each cited by some source or test as: seed "HEADING".
SEED_SECTIONS = (
    "Flow",
    "Remote",
    "Local",
    "Progress",
    "NEW",
    "SYNCING",
    "QUEUED",
    "DOWNLOADING",
    "INPROGRESS",
    "Reboot transition",
    "Non-reboot transition",
    "TESTING",
    "UPDATED",
    "DONE",
    "WONTGO",
    "ERROR",
    "CANCELLED",
)

# Hosts of package registries and their mirrors, in pieces so that this file does not name them.
REGISTRY_NAMES = ("pypi", "pythonhosted", "npmjs", "crates", "golang", "maven", "debian")
REGISTRIES = re.compile(
    rf"\b({'|'.join(REGISTRY_NAMES)})\.(org|com|io)\b|\b(index|registry)\.[a-z]+\.(org|com|io)\b",
    re.IGNORECASE,
)


def test_every_room_says_what_it_is_for():
    silent = [
        name(path)
        for path in modules()
        if path.name == "__init__.py" and not ast.get_docstring(tree(path))
    ]
    assert not silent


def test_every_module_begins_with_a_docstring():
    assert not [name(path) for path in modules() if not ast.get_docstring(tree(path))]


def test_every_section_of_the_seed_page_is_cited():
    lines = "\n".join(
        path.read_text() for path in [*modules(), *modules(TESTS)] if "tidy" not in path.parts
    )
    # One citation may name several: seed "Flow", "Remote" and "Local".
    cited = re.findall(r'seed(?: page)?,? ((?:"[^"\n]+"(?:,\s+|\s+and\s+|\s+to\s+)?)+)', lines)
    named = {section for text in cited for section in re.findall(r'"([^"]+)"', text)}
    assert not [section for section in SEED_SECTIONS if section not in named]


def test_nothing_is_left_to_do_in_the_source():
    guilty = [
        f"{name(path)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", line)
    ]
    assert not guilty


def test_no_file_names_a_package_registry():
    guilty = []
    for path in committed():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        guilty += [
            f"{name(path)}:{number} {line.strip()[:80]}"
            for number, line in enumerate(lines, 1)
            if REGISTRIES.search(line)
        ]
    assert not guilty


def test_requirements_are_pinned_by_hash():
    root = TESTS.parent / "requirements"
    for path in (root / "base.txt", root / "dev.txt"):
        packages = re.findall(r"^[a-z0-9-]+==.*(?:\n    .*)*", path.read_text(), re.MULTILINE)
        assert packages
        assert all("--hash=sha256:" in package for package in packages)
