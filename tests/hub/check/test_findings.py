import pytest

from surefoot.hub.check.findings import MEANINGS, Finding, Kind
from surefoot.hub.check.repair import REMEDIES


@pytest.mark.parametrize("kind", list(Kind))
def test_each_finding_says_what_is_wrong_with_what(kind: Kind) -> None:
    finding = Finding(kind, "f00d", "ada", "d1/3")
    assert finding.text == MEANINGS[kind].text.format(sha="f00d", owner="ada", detail="d1/3")
    assert "f00d" in finding.text or kind in (Kind.DATABASE, Kind.WRONG_SUM)
    assert "{" not in finding.text


def test_what_a_repair_promises_is_what_it_has_a_remedy_for() -> None:
    assert {kind for kind, meaning in MEANINGS.items() if meaning.remedy} == set(REMEDIES)


def test_what_the_hub_clears_away_itself_is_no_problem() -> None:
    assert {kind for kind in Kind if not Finding(kind).is_problem} == {Kind.UNNAMED}
