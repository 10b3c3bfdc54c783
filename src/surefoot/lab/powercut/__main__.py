"""`python -m surefoot.lab.powercut [--cuts N] [--seed N]`: exit code 1 on any finding."""

import argparse
import sys
import tempfile
from pathlib import Path

from surefoot.lab.powercut.run import run


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="surefoot.lab.powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="surefoot-powercut-") as place:
        findings = run(Path(place), arguments.cuts, arguments.seed, print)
    for finding in findings:
        print(f"FAILED {finding}")
    print(f"{arguments.cuts} power cuts, seed {arguments.seed}: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
