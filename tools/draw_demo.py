"""Draws docs/pictures/demo.svg: some scenes of `surefoot demo`, as a terminal shows them.

Run it by hand when the demo's output has changed: `.venv/bin/python tools/draw_demo.py`, or with
the name of a file that holds what the demo printed on a terminal. Two pictures of the same demo
differ in nothing but times and process ids.
"""

import argparse
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "demo.svg"
# A good one and a bad one: the whole demo is too long for a picture.
SCENES = ("(1)", "(7)")
COLUMNS = 128
VERDICT_LINES = 2

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WEB_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def perform() -> str:
    """Runs the demo on a terminal of our own. Ends the program when the demo fails."""
    ours, theirs = pty.openpty()
    wide = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm"}
    demo = subprocess.Popen([sys.executable, "-m", "surefoot", "demo"], stdout=theirs, env=wide)
    os.close(theirs)
    text = _read(ours)
    if demo.wait():
        sys.exit(f"the demo failed:\n{text}")
    return text


def _read(terminal: int) -> str:
    pieces = []
    try:
        while piece := os.read(terminal, 65536):
            pieces.append(piece)
    except OSError:
        pass  # how Linux tells that the other end of a terminal is closed
    return b"".join(pieces).decode()


def chosen(text: str) -> str:
    """The names of the sides, the scenes of the picture, and the verdict."""
    blocks = text.replace("\r\n", "\n").strip("\n").split("\n\n")
    scenes = [block for block in blocks if _COLOUR.sub("", block).startswith(SCENES)]
    verdict = "\n".join(blocks[-1].splitlines()[-VERDICT_LINES:])
    return "\n\n".join([f"$ make demo\n{blocks[0]}", *scenes, verdict])


def draw(text: str) -> str:
    """SVG that loads nothing from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(text), soft_wrap=False)
    picture = console.export_svg(title="surefoot", unique_id="demo")
    return _WEB_FONT.sub("", picture)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captured", nargs="?", type=Path, help="what a demo has printed")
    captured = parser.parse_args().captured
    text = captured.read_text() if captured else perform()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(chosen(text)))
    print(f"{PICTURE} drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
