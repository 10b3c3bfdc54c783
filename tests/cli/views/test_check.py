from surefoot.cli.views.check import check_json, check_lines
from surefoot.hub.check.examine import Visit
from surefoot.hub.check.findings import Finding, Kind
from surefoot.hub.check.look import Report

BYTES = Finding(Kind.WRONG_BYTES, "f00d")
GONE = Finding(Kind.NOT_KEPT, "f00d", "a1", "d1/3")
NOTE = Finding(Kind.UNNAMED, "cafe")
DATABASE = Finding(Kind.DATABASE, detail="page 3 is broken")


def test_a_note_is_told_and_is_no_problem() -> None:
    visit = Visit(Report(2, 1_500_000, [NOTE]), left=[NOTE])
    assert check_lines(visit, mends=False) == [
        "2 objects, 1.5 MB: all is well",
        "- object cafe belongs to nobody; the Hub clears it away in time",
        "  --repair removes it",
    ]


def test_what_no_repair_can_mend_is_said() -> None:
    visit = Visit(Report(findings=[DATABASE]), left=[DATABASE])
    assert check_lines(visit, mends=False) == [
        "0 objects, 0 B: 1 problem",
        "- the database: page 3 is broken",
        "  --repair cannot mend this",
    ]


def test_a_repair_tells_what_it_did_and_what_is_left_now() -> None:
    visit = Visit(Report(1, 5, [BYTES]), mended=[BYTES], left=[GONE])
    assert check_lines(visit, mends=True) == [
        "1 object, 5 B: 1 problem",
        "- object f00d has other bytes than its name says",
        "  mended: --repair removes it, so that whoever has it sends it again",
        "- now step d1/3 names object f00d, which is not here: send it again",
    ]


def test_json_says_of_each_whether_it_was_mended() -> None:
    told = check_json(Visit(Report(1, 5, [BYTES, DATABASE]), mended=[BYTES], left=[DATABASE]))
    assert [finding["mended"] for finding in told["findings"]] == [True, False]
    assert [finding["kind"] for finding in told["left"]] == ["database"]
