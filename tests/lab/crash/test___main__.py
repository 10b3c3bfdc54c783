"""The crash laboratory from the shell."""

from dataclasses import replace

import pytest

from surefoot.lab.crash.__main__ import main, run
from surefoot.lab.crash.explore import boundaries
from surefoot.lab.crash.stories import BROKEN, REMOTE_CANCELLED
from surefoot.wire.progress import Status


def test_it_counts_what_it_did_and_is_content(capsys):
    """No variable quietly turns it into a pass: the numbers are those of the stories."""
    assert run([BROKEN, REMOTE_CANCELLED]) == 0
    lines = capsys.readouterr().out.splitlines()
    effects = boundaries(BROKEN) + boundaries(REMOTE_CANCELLED)
    assert lines[0] == f"{BROKEN.name}: {boundaries(BROKEN)} effects, {boundaries(BROKEN)} runs"
    assert lines[-1] == f"2 stories, {effects} effects, {effects} power cuts: 0 findings"


def test_a_finding_is_told_with_its_cuts_and_ends_in_1(capsys):
    wrong = replace(BROKEN, ends={"locals/x": frozenset({Status.DONE})})
    assert run([wrong]) == 1
    out = capsys.readouterr().out
    assert "FAILED cuts (0,): locals/x ended as" in out
    assert out.splitlines()[-1].endswith(f"{boundaries(BROKEN)} findings")


def test_stories_are_chosen_by_name_and_cut_twice_on_demand(capsys):
    assert main(["remote-cancelled", "--again", "3"]) == 0
    count = boundaries(REMOTE_CANCELLED)
    assert f"{count} effects, {3 * count} power cuts" in capsys.readouterr().out


def test_a_story_that_is_not_there_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["no-such-story"])
    assert stopped.value.code == 2
    assert "remote-cancelled" in capsys.readouterr().err
