"""The documentation says what is so: its links lead somewhere, its commands exist."""

import importlib.util
import re

import pytest
from typer.main import get_command

from surefoot.cli.app import app
from surefoot.device.events import Kind
from surefoot.device.waits import LINK_FOR
from surefoot.errors import OUTCOMES
from surefoot.lab.crash.explore import boundaries
from surefoot.lab.crash.stories import ALL
from surefoot.link.record import Phase
from tests.support import pages
from tests.support.pages import NOT_RUN, blocks, commands, links
from tests.tidy.source import ROOT

PAGES = pages.pages()
DOCS = ROOT / "docs"


def by_name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_links_lead_to_files_and_headings(page):
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} is not there"
        assert not anchor or anchor in pages.anchors(target), f"{path} has no heading {anchor}"


def test_every_page_can_be_reached_from_the_index():
    seen, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += [(page.parent / path).resolve() for path, _ in links(page) if path]
    assert not {by_name(page) for page in DOCS.rglob("*.md")} - {by_name(page) for page in seen}


def parse(words):
    """As the command line itself reads them, without doing anything. Raises for a wrong one."""
    command, context, name = get_command(app), None, "surefoot"
    while True:
        context = command.make_context(name, list(words), parent=context)
        words = [*getattr(context, "_protected_args", ()), *context.args]
        if not hasattr(command, "resolve_command") or not words:
            return context
        name, command, words = command.resolve_command(context, words)


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_commands_are_what_the_command_line_understands(page):
    for words in commands(page):
        if words[0].rpartition("/")[2] == "surefoot" and "--help" not in words:
            parse(words[1:])


@pytest.mark.parametrize(
    "wrong", ["ctl instal x", "ctl install x --rum", "device create x", "ctl change one"]
)
def test_the_reader_of_commands_itself_sees_a_wrong_one(wrong):
    with pytest.raises(Exception, match=r"No such|Missing|valid"):
        parse(wrong.split())


def make_targets():
    lines = (ROOT / "Makefile").read_text().splitlines()
    return {line.partition(":")[0] for line in lines if ":" in line and line[0].isalpha()}


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_what_a_page_calls_of_this_repository_is_there(page):
    targets = make_targets()
    for words in commands(page):
        if words[0] == "make":
            assert set(words[1:2]) <= targets, words
        if words[1:2] == ["-m"] and words[2].startswith("surefoot"):
            assert importlib.util.find_spec(words[2]), words
        if words[0].startswith(("tools/", "bench/")):
            assert (ROOT / words[0]).exists(), words


def test_the_page_of_exit_codes_has_them_all():
    text = (DOCS / "reference" / "exit-codes.md").read_text()
    for code in {0, 2, *(outcome.exit_code for outcome in OUTCOMES.values())}:
        assert f"\n| {code} |" in text


def test_the_page_of_events_has_every_kind():
    text = (DOCS / "reference" / "events.md").read_text()
    assert not [kind for kind in (*Kind, "lost") if f"\n| `{kind}` |" not in text]


def test_the_page_of_a_hubs_files_has_every_table():
    text = (DOCS / "reference" / "files-of-a-hub.md").read_text()
    folder = ROOT / "src" / "surefoot" / "hub" / "db" / "migrations"
    made = "".join(file.read_text() for file in folder.rglob("*.sql"))
    tables = re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", made)
    assert tables
    assert not [table for table in tables if f"`{table}`" not in text]


def test_the_page_of_status_has_every_phase_and_what_is_waited_for():
    text = (DOCS / "reference" / "status.md").read_text()
    assert not [phase for phase in Phase if phase is not Phase.OFF and f"`{phase}`" not in text]
    assert not [reason for reason in LINK_FOR.values() if f"`{reason}`" not in text]


def test_the_index_of_decisions_has_them_all_in_their_order():
    folder = DOCS / "decisions"
    pages = sorted(page.name for page in folder.glob("0*.md"))
    assert [path for path, _ in links(folder / "index.md")] == pages


def test_blocks_are_found_with_what_stands_before_them(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        f"```sh\none\n```\n\n{NOT_RUN}\n\n```sh\ntwo\n```\n\nprints\n\n```text\n1\n```\n"
    )
    assert [(block.kind, block.is_run) for block in blocks(page)] == [
        ("sh", True),
        ("sh", False),
        ("text", True),
    ]


def test_commands_are_found_in_lines_of_shell(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nA=1 surefoot x --y 'z z' >out 2>&1 &\ncat >f <<'E'\nsurefoot no\nE\n"
        "a && b || c\n```\n"
    )
    found = commands(page)
    assert found[0][:4] == ["surefoot", "x", "--y", "z z"]
    assert found[1:] == [["cat"], ["a"], ["b"], ["c"]]


def test_the_crash_laboratory_is_as_large_as_the_readme_says():
    text = " ".join((ROOT / "README.md").read_text().split())
    assert "more than 20 stories" in text
    assert "more than 1,000 effects" in text
    assert len(ALL) > 20
    assert sum(boundaries(story) for story in ALL) > 1000
