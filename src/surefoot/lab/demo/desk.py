"""The owner's desk: real `surefoot` commands, each a process, as one would type them."""

import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from surefoot.errors import TimedOut
from surefoot.lab.demo.audience import Audience
from surefoot.lab.real_hub import SUREFOOT

_PATIENCE_S = 60.0
CONFIG = "config"


class Running:
    """A command that runs. `lines`: what it has printed so far, on both of its outputs."""

    def __init__(self, process: "subprocess.Popen[str]", words: Sequence[str], audience: Audience):
        self.words = tuple(words)
        self.lines: list[str] = []
        self.process = process
        self._audience = audience
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout is None:
            return
        with self.process.stdout as output:
            for line in output:
                self.lines.append(line.rstrip())
                if self.lines[-1]:
                    self._audience.prints(self.lines[-1])

    def tells(self, text: str) -> bool:
        """Some line holds it."""
        return any(text in line for line in tuple(self.lines))

    def wait(self, seconds: float = _PATIENCE_S) -> int:
        """Its exit code. Raises TimedOut; it is gone then, too."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.end(signal.SIGKILL)
            raise TimedOut(f"`{self}` has not ended within {seconds:.0f} s") from error
        self._reader.join(_PATIENCE_S)
        return code

    def end(self, how: signal.Signals) -> int:
        """The exit code after a signal; Ctrl-C is SIGINT."""
        self.process.send_signal(how)
        return self.wait()

    def __str__(self) -> str:
        return " ".join(("surefoot", *self.words))


class Desk:
    """In the directory `place`, with logins of its own below `place/config`. `environ`: of the
    person who calls. Commands are told to the audience, as they are typed, and what they print."""

    def __init__(self, place: Path, environ: Mapping[str, str], audience: Audience) -> None:
        self.config = place / CONFIG / "surefoot"
        self._place = place
        self._environ = {**environ, "XDG_CONFIG_HOME": str(place / CONFIG), "SUREFOOT_HUB": ""}
        self._audience = audience
        self._running: list[Running] = []

    def begin(self, *words: str, said: str = "", into: str = "") -> Running:
        """`said`: on its standard input. `into`: a file below `place` for what it prints, which
        nobody is told then."""
        self._audience.command((*words, ">", into) if into else words)
        if into:
            with (self._place / into).open("wb") as output:
                process = self._start(words, output)
        else:
            process = self._start(words, subprocess.PIPE)
        assert process.stdin is not None
        with process.stdin as stdin:
            stdin.write(said)
        running = Running(process, words, self._audience)
        self._running = [one for one in self._running if one.process.poll() is None]
        self._running.append(running)
        return running

    def _start(self, words: Sequence[str], output: int | IO[bytes]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*SUREFOOT, *words],
            cwd=self._place,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def end(self) -> None:
        """Nothing of what was begun runs on."""
        for one in self._running:
            if one.process.poll() is None:
                one.end(signal.SIGKILL)
