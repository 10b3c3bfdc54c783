"""Rules of docs/architecture.md that import-linter does not see, or not in every file."""

import ast

import pytest

from tests.tidy.source import PACKAGE, imports, modules, name, room, tree

PURE_ROOMS = ("revision", "wire", "update", "supervisor", "link", "plan")
IMPURE = {
    "asyncio",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
# What makes bytes durable, or moves them into place: `files/durable` does it, and says so to its
# observer, so that tests can cut the power there.
DURABLE_CALLS = {("os", name) for name in ("fsync", "fdatasync", "sync", "rename", "replace")}


def pure_modules():
    return [path for path in modules() if room(path) in PURE_ROOMS]


def test_pure_rooms_import_no_clock_no_chance_and_no_io():
    guilty = [
        f"{name(path)} imports {', '.join(found)}"
        for path in pure_modules()
        if (found := sorted(IMPURE & {module.split(".")[0] for module in imports(path)}))
    ]
    assert not guilty


def test_pure_rooms_open_no_file_and_ask_no_clock():
    """Built-ins and datetime's clock need no forbidden import."""
    guilty = [
        f"{name(path)}:{node.lineno}"
        for path in pure_modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (
            getattr(node.func, "id", "") in {"open", "print", "input", "hash", "id"}
            or getattr(node.func, "attr", "") in {"now", "utcnow", "today"}
        )
    ]
    assert not guilty


def makes_durable(node):
    """A call of os, or a path's own rename or replace.

    Those take one argument: str.replace takes two, dataclasses.replace and durable.rename are no
    methods of a path, and take more too.
    """
    if isinstance(node, ast.Attribute):
        return (getattr(node.value, "id", ""), node.attr) in DURABLE_CALLS
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"rename", "replace"}
        and len(node.args) + len(node.keywords) == 1
    )


def test_only_files_makes_bytes_durable():
    guilty = [
        f"{name(path)}:{node.lineno} use surefoot.files.durable"
        for path in modules()
        if room(path) != "files"
        for node in ast.walk(tree(path))
        if makes_durable(node)
    ]
    assert not guilty


@pytest.mark.parametrize(
    "wrong",
    ["draft.rename(target)", "Path(x).replace(target=y)", "os.replace(a, b)", "os.fsync(0)"],
)
def test_the_checker_sees_what_makes_bytes_durable(wrong):
    assert any(makes_durable(node) for node in ast.walk(ast.parse(wrong)))


@pytest.mark.parametrize(
    "right",
    ["text.replace('a', 'b')", "replace(value, x=1)", "dataclasses.replace(value, x=1)",
     "durable.rename(a, b)"],
)  # fmt: skip
def test_the_checker_lets_pass_what_only_looks_so(right):
    assert not any(makes_durable(node) for node in ast.walk(ast.parse(right)))


def test_nobody_takes_the_durable_calls_under_another_name():
    names = {call for _, call in DURABLE_CALLS}
    guilty = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "os"
        and names & {alias.name for alias in node.names}
    ]
    assert not guilty


# Design rule 10: a room gets values. These are the programs' mains, and the door.
MAINS = {
    "src/surefoot/__main__.py",
    "src/surefoot/boot/runner.py",
    "src/surefoot/device/main.py",
    "src/surefoot/lab/real.py",  # hands its own on to the device that it starts
}


def test_only_mains_read_the_environment():
    guilty = [
        f"{name(path)}:{node.lineno}"
        for path in modules()
        if name(path) not in MAINS and room(path) != "cli"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and getattr(node.value, "id", "") == "os"
        and node.attr in {"environ", "getenv"}
    ]
    assert not guilty


@pytest.mark.parametrize("wrong", ["import os", "from os import path", "import os.path as p"])
def test_the_checker_itself_sees_an_import(tmp_path, wrong):
    module = tmp_path / "module.py"
    module.write_text(f"def late():\n    {wrong}\n")
    assert IMPURE & {found.split(".")[0] for found in imports(module)}
    assert PACKAGE.is_dir()
