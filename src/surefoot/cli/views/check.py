"""What `surefoot hub check` found, as people read it. Pure."""

from typing import TYPE_CHECKING, Any

from surefoot.cli.table import number_of, size

if TYPE_CHECKING:
    from surefoot.hub.check.examine import Visit
    from surefoot.hub.check.findings import Finding


def check_lines(visit: "Visit", mends: bool) -> list[str]:
    seen = visit.seen
    what = f"{number_of(seen.objects, 'object')}, {size(seen.size)}"
    lines = [f"{what}: {_verdict(visit)}"]
    for finding in seen.findings:
        lines.append(f"- {finding.text}")
        if remedy := _remedy(finding, mends):
            lines.append(f"  {remedy}")
    new = [finding for finding in visit.left if finding not in seen.findings]
    return [*lines, *(f"- now {finding.text}" for finding in new)]


def check_json(visit: "Visit") -> dict[str, Any]:
    seen = visit.seen
    return {
        "objects": seen.objects,
        "bytes": seen.size,
        "findings": [
            _json(finding) | {"mended": finding in visit.mended} for finding in seen.findings
        ],
        "left": [_json(finding) for finding in visit.left],
    }


def _verdict(visit: "Visit") -> str:
    problems = len(visit.seen.problems)
    if not problems:
        return "all is well"
    left = sum(finding.is_problem for finding in visit.left)
    mended = f", {problems - left} mended" if left < problems else ""
    return f"{number_of(problems, 'problem')}{mended}"


def _remedy(finding: "Finding", mends: bool) -> str:
    if not finding.remedy:
        return "--repair cannot mend this" if not mends else ""
    return f"{'mended: ' if mends else ''}--repair {finding.remedy}"


def _json(finding: "Finding") -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "object": finding.sha,
        "account": finding.owner,
        "detail": finding.detail,
        "text": finding.text,
        "problem": finding.is_problem,
    }
