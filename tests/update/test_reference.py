"""The reference page: whole, made from the tables, and fresh as it is committed."""

import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.update import reference, tables
from surefoot.update.tables import Cause
from surefoot.wire.progress import Status
from tests.update.test_tables import GOLDEN

PAGE = reference.page()
COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "progress.md"


def test_the_committed_page_is_fresh():
    """`make docs` writes it."""
    assert COMMITTED.read_text() == PAGE


def test_the_module_shows_the_page():
    shown = subprocess.run(
        [sys.executable, "-m", "surefoot.update.reference"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == PAGE


def test_every_status_and_every_cause_has_its_words():
    """seed "Progress"; in our own words, none twice."""
    assert set(reference.MEANINGS) == set(Status)
    assert set(reference.CAUSES) == set(Cause)
    texts = [*reference.MEANINGS.values(), *reference.CAUSES.values()]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("status", GOLDEN, ids=lambda status: status["status"])
def test_every_row_of_the_seed_page_is_on_the_page(status):
    assert f"| {status['status']} |" in PAGE
    for message in status["messages"]:
        assert f"`{message['text']}`" in PAGE
        assert ("cause" in message) is (message["text"] in causes())


def causes():
    table = PAGE.split("## Causes")[1].split("##")[0]
    return {line.split("`")[1] for line in table.splitlines() if "`" in line}


@pytest.mark.parametrize("point", tables.POINTS, ids=lambda p: f"{p.status} {p.message}")
def test_every_row_has_a_line_with_what_may_follow(point):
    message = f"`{reference.words(point)}`" if point.message else ""
    lines = [
        line for line in PAGE.splitlines() if line.startswith(f"| {point.status} | {message} ")
    ]
    assert len(lines) == 1
    follows = lines[0].split("|")[4]
    for status in Status:
        named = any(after.status is status for after in tables.FOLLOWS[point])
        assert (f" {status}" in follows) is named


def test_the_diagram_has_an_arrow_for_every_edge_and_no_other():
    arrows = set()
    for line in PAGE.split("```mermaid")[1].splitlines():
        if "-->" in line and "[*]" not in line:
            before, after = line.strip().split(" --> ")
            arrows.add((before, after))
    edges = {
        (reference.node(before), reference.node(after))
        for before, follows in tables.FOLLOWS.items()
        for after in follows
        if before != after
    }
    assert arrows == edges


def test_the_diagram_names_no_two_rows_alike():
    nodes = [reference.node(p) for p in tables.POINTS if p.status not in reference.AS_ONE]
    assert len(set(nodes)) == len(nodes)


def test_final_rows_lead_to_the_end():
    for point in tables.POINTS:
        assert (f"    {reference.node(point)} --> [*]\n" in PAGE) is point.final
