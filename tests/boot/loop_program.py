"""The boot loop as a process of its own: `loop_program.py STORAGE RUN SETTINGS-AS-JSON`.

With `lives`, a file to which each life of the agent adds its length in seconds, time is scripted:
the clock advances by these lives and by the loop's own waits, which are printed and not waited.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from surefoot.boot.pauses import Pauses
from surefoot.boot.runner import LoopPolicy, Surroundings, run_device
from surefoot.boot.signals import FOREVER_S, Signals
from surefoot.errors import SurefootError


class ScriptedTime(Signals):
    def __init__(self, lives: Path) -> None:
        super().__init__()
        self._lives = lives
        self._waited_s = 0.0

    def clock(self) -> float:
        return self._waited_s + sum(float(life) for life in self._lives.read_text().split())

    def wait(self, timeout_s: float) -> int | None:
        if timeout_s in (0, FOREVER_S):
            return super().wait(timeout_s)
        _tell(f"wait {timeout_s:g}")
        self._waited_s += timeout_s
        return super().wait(0)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(storage: str, run_dir: str, settings: dict[str, Any]) -> int:
    around = Surroundings()
    if "lives" in settings:
        time = ScriptedTime(Path(settings["lives"]))
        around = Surroundings(clock=time.clock, signals=lambda: time)
    policy = LoopPolicy(Pauses(**settings.get("pauses", {})), settings.get("stop_grace_s", 30))
    argv = settings.get("argv")
    try:
        return run_device(
            Path(storage), Path(run_dir), argv, environ=os.environ, policy=policy, around=around
        )
    except SurefootError as error:
        _tell(f"{type(error).__name__}: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
