"""The documentation as tests read it: pages, their links, and the commands in them."""

import re
import shlex
from dataclasses import dataclass

from tests.tidy.source import ROOT

NOT_RUN = "<!-- not run by the tests -->"

_BLOCK = re.compile(
    r"(?P<before>[^\n]*)\n+^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_HERE_DOCUMENT = re.compile(r"<<'?(\w+)'?.*?^\1$", re.MULTILINE | re.DOTALL)
_REDIRECTION = re.compile(r"(?<=\s)\d?(?:>>|>|<)(?:&\d|\s*\S+)")
_SETTING = re.compile(r"[A-Z_]+=")
_BETWEEN_COMMANDS = {"&&", "||", "|", ";", "&", "(", ")", "{", "}", "do", "done", "then", "fi"}


def pages():
    """README, changelog and everything below docs/."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass(frozen=True)
class Block:
    """`kind`: `sh` for commands, `text` for what they print. `is_run`: by the tests."""

    kind: str
    text: str
    is_run: bool


def blocks(page):
    text = "\n" + page.read_text()
    return [
        Block(found["kind"], found["text"], found["before"].strip() != NOT_RUN)
        for found in _BLOCK.finditer(text)
    ]


def script(page):
    """All commands of a page that tests run, in order."""
    return "".join(block.text for block in blocks(page) if block.kind == "sh" and block.is_run)


def links(page):
    """Those into this repository: (path, anchor)."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = [first or second for first, second in _LINK.findall(prose)]
    return [
        (path, anchor)
        for path, _, anchor in (target.partition("#") for target in targets)
        if not target_is_elsewhere(path)
    ]


def target_is_elsewhere(path):
    return path.startswith(("http:", "https:", "mailto:"))


def anchors(page):
    """As a reader of Markdown makes them of headings."""
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in headings}


def commands(page):
    """Each simple command of the page's `sh` blocks, as a list of words."""
    shell = "".join(block.text for block in blocks(page) if block.kind == "sh")
    shell = _HERE_DOCUMENT.sub("", shell).replace("\\\n", " ")
    return [command for line in shell.splitlines() for command in _simple_commands(line)]


def _simple_commands(line):
    reader = shlex.shlex(_REDIRECTION.sub("", line), posix=True, punctuation_chars="();|&")
    reader.whitespace_split = True
    words, found = [], []
    for word in [*reader, ";"]:
        if word in _BETWEEN_COMMANDS:
            found.append(_without_settings(words))
            words = []
        else:
            words.append(word)
    return [command for command in found if command]


def _without_settings(words):
    """Of `A=1 command`, the command."""
    begin = next(
        (place for place, word in enumerate(words) if not _SETTING.match(word)), len(words)
    )
    return words[begin:]
