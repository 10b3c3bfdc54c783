"""The project's own files as the tidy tests read them."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "surefoot"
TESTS = ROOT / "tests"


def modules(folder=PACKAGE):
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def name(path):
    """A file as people write it: `src/surefoot/update/tables.py`."""
    return str(path.relative_to(ROOT))


def room(path):
    """The first folder below the package; empty for a module at its top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@functools.cache
def tree(path):
    return ast.parse(path.read_text(), str(path))


def imports(path):
    """Names that a module imports, wherever in it: `os`, `os.path`, `surefoot.wire.progress`."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def committed():
    """Files that git keeps or would keep: tracked, and new ones that nothing ignores."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(ROOT / line for line in listing.split("\0") if line and (ROOT / line).is_file())
