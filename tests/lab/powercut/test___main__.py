"""The power-cut laboratory from the shell."""

import tempfile

import pytest

from surefoot.lab.powercut import __main__ as program


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the laboratory is asked for, and which findings it has."""
    told = {"findings": []}

    def run(place, count, seed, say):
        told.update(place=place, count=count, seed=seed)
        say("1/1 idle cut")
        return told["findings"]

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return told


def test_two_hundred_cuts_of_a_known_seed_unless_it_is_told_otherwise(asked, capsys):
    assert program.main([]) == 0
    assert (asked["count"], asked["seed"]) == (200, 1)
    assert capsys.readouterr().out.endswith("200 power cuts, seed 1: 0 findings\n")
    assert not asked["place"].exists()


def test_a_finding_is_told_and_ends_in_1(asked, capsys):
    asked["findings"] = ["seed 5 …: 7 was DONE and is ERROR"]
    assert program.main(["--cuts", "3", "--seed", "5"]) == 1
    assert (asked["count"], asked["seed"]) == (3, 5)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"FAILED {asked['findings'][0]}", "3 power cuts, seed 5: 1 findings"]


def test_what_is_no_number_is_a_usage_error(asked):
    with pytest.raises(SystemExit) as stopped:
        program.main(["--cuts", "many"])
    assert stopped.value.code == 2
