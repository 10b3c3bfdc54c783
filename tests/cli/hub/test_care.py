import json
from pathlib import Path

import pytest
from cryptography import x509

from tests.cli.conftest import Run
from tests.hub.check.world import SHA, World


def test_the_authority_is_printed_and_stays_the_same(surefoot: Run, tmp_path: Path) -> None:
    first = surefoot("hub", "ca", "--data", tmp_path / "hub")
    assert first.code == 0
    assert x509.load_pem_x509_certificate(first.out.encode()).subject
    assert surefoot("hub", "ca", "--data", tmp_path / "hub").out == first.out
    assert "PRIVATE" not in first.out


def test_a_hub_in_order_ends_with_0(surefoot: Run, tmp_path: Path) -> None:
    world = World(tmp_path)
    ran = surefoot("hub", "check", "--data", world.layout.root)
    assert (ran.code, ran.out) == (0, "1 object, 10 B: all is well\n")


def test_damage_ends_with_1_and_says_what_a_repair_would_do(surefoot: Run, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.spoil_bytes()
    ran = surefoot("hub", "check", "--data", world.layout.root)
    assert ran.code == 1
    assert ran.out == (
        "1 object, 10 B: 1 problem\n"
        f"- object {SHA} has other bytes than its name says\n"
        "  --repair removes it, so that whoever has it sends it again\n"
    )
    assert surefoot("hub", "check", "--quick", "--data", world.layout.root).code == 0


def test_what_is_mended_is_told_and_so_is_what_is_left(surefoot: Run, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sql("UPDATE accounts SET bytes = 3")
    ran = surefoot("hub", "check", "--repair", "--data", world.layout.root)
    assert ran.code == 0
    assert "1 problem, 1 mended\n" in ran.out
    world.lose_bytes()
    ran = surefoot("hub", "check", "--repair", "--data", world.layout.root)
    assert ran.code == 1
    assert "send it again" in ran.out


def test_json_has_it_all(surefoot: Run, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.unnamed()
    ran = surefoot("hub", "check", "--json", "--data", world.layout.root)
    told = json.loads(ran.out)
    assert ran.code == 0
    assert (told["objects"], told["findings"][0]["kind"]) == (2, "unnamed")
    assert told["findings"][0]["problem"] is False


@pytest.mark.parametrize("words", [["check"], ["check", "--repair"]])
def test_where_there_is_no_hub_nothing_is_made(
    surefoot: Run, tmp_path: Path, words: list[str]
) -> None:
    ran = surefoot("hub", *words, "--data", tmp_path / "none")
    assert ran.code == 3
    assert "There is no Hub in" in ran.err
    assert not (tmp_path / "none").exists()
