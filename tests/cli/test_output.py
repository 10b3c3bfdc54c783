import io
import json

import pytest

from surefoot.cli import output


def test_json_is_indented_or_a_line_and_never_escapes_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.show_json({"a": "é"})
    output.show_json_line({"a": "é", "b": 1})
    assert capsys.readouterr().out == '{\n  "a": "é"\n}\n{"a":"é","b":1}\n'


def test_every_line_is_out_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command tells must be seen as it happens, in a pipe too."""
    flushed: list[str] = []

    class Pipe(io.StringIO):
        def flush(self) -> None:
            flushed.append(self.getvalue())

    monkeypatch.setattr("sys.stdout", Pipe())
    output.show(iter(["one", "two"]))
    assert flushed == ["one\n", "one\ntwo\n"]


def test_notes_do_not_disturb_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    output.note("by the way")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "surefoot: by the way\n")


def test_the_clock_is_utc() -> None:
    assert output.now().utcoffset() is not None
    assert json.dumps(output.now().isoformat()).endswith('+00:00"')
