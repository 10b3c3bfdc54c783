"""`python -m surefoot.lab.crash [STORY ...] [--again N ...]`: cuts the power at every effect of
every story (with `--again`, once more that many effects later); exit code 1 on any finding."""

import argparse
import sys
from collections.abc import Sequence

from surefoot.lab.crash.explore import Finding, boundaries, explore
from surefoot.lab.crash.machine import Endless
from surefoot.lab.crash.stories import ALL
from surefoot.lab.crash.story import Story

BY_NAME = {story.name: story for story in ALL}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="surefoot.lab.crash", description=__doc__)
    parser.add_argument("stories", nargs="*", metavar="STORY", help="default: all")
    parser.add_argument("--again", nargs="*", type=int, default=[], metavar="N")
    asked = parser.parse_args(argv)
    unknown = [name for name in asked.stories if name not in BY_NAME]
    if unknown:
        parser.error(f"no story {unknown[0]}; there are: {', '.join(BY_NAME)}")
    return run([BY_NAME[name] for name in asked.stories] or ALL, tuple(asked.again))


def run(stories: Sequence[Story], again: tuple[int, ...] = ()) -> int:
    """Prints a line a story, its findings below it, and the sums. Returns the exit code."""
    effects = cuts = bad = 0
    for story in stories:
        count = boundaries(story)
        found = _explored(story, again)
        print(f"{story.name}: {count} effects, {count * (1 + len(again))} runs")
        for finding in found:
            print(f"  FAILED cuts {finding.cuts}: {finding.text}")
        effects, cuts = effects + count, cuts + count * (1 + 2 * len(again))
        bad += len(found)
    print(f"{len(stories)} stories, {effects} effects, {cuts} power cuts: {bad} findings")
    return 1 if bad else 0


def _explored(story: Story, again: tuple[int, ...]) -> list[Finding]:
    """A story without an end is a finding too, of all cuts at once."""
    try:
        return list(explore(story, again))
    except Endless as error:
        return [Finding(story.name, (), str(error))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
