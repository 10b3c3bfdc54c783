from surefoot.cli.ctl import Verbs
from surefoot.cli.reference import SHAPES, page


def test_every_command_is_in_it() -> None:
    text = page()
    for verb in Verbs.TABLE:
        assert f"## surefoot ctl {verb}\n" in text
    for words in ("device create", "device run", "agent", "demo", "ctl containers restart"):
        assert f"## surefoot {words}\n" in text


def test_its_text_is_the_same_wherever_it_is_made() -> None:
    """Not of another width on another terminal: `make lint` compares it."""
    assert page() == page()
    assert max(len(line) for line in page().splitlines() if not line.startswith("|")) <= 100


def test_every_verb_s_json_is_described() -> None:
    assert not [verb for verb in Verbs.TABLE if f"`ctl {verb}" not in SHAPES]


def test_a_command_s_usage_has_its_whole_name() -> None:
    assert "Usage: surefoot ctl containers stop [OPTIONS] {NAME}" in page()
