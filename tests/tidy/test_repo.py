"""What a clone brings: a changelog in form, generated pages that are fresh."""

import re
import subprocess
import sys

from tests.tidy.source import ROOT

HEADINGS = ["Added", "Changed", "Fixed", "Deprecated", "Removed"]


def test_the_changelog_keeps_its_form():
    versions = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1:]
    assert versions[0].startswith("Unreleased")
    for version in versions:
        headings = re.findall(r"^### (.+)$", version, re.MULTILINE)
        assert headings == [heading for heading in HEADINGS if heading in headings]


def test_generated_pages_are_fresh():
    check = [sys.executable, ROOT / "tools" / "generate_docs.py", "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
