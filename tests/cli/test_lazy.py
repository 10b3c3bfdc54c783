import sys
from typing import ClassVar

import pytest

from surefoot.cli.ctl import Verbs
from surefoot.cli.lazy import Lazy, LazyGroup, load, new_app


def test_a_member_of_a_group_is_found_by_its_name_and_a_group_is_itself() -> None:
    assert load("run", Verbs.TABLE["run"]).name == "run"
    assert "restart" in load("containers", Verbs.TABLE["containers"]).commands


def test_a_group_knows_its_commands_before_any_module_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Far(LazyGroup):
        TABLE: ClassVar = {"near": Lazy("surefoot.no.such.module", "Help for it.")}

    group = Far(name="far")
    assert group.list_commands(None) == ["near"]  # type: ignore[arg-type]
    assert group.commands["near"].get_short_help_str() == "Help for it."
    assert "surefoot.no.such.module" not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        group.resolve_command(None, ["near"])


def test_our_groups_paint_no_tracebacks_and_know_h() -> None:
    app = new_app()
    assert not app.pretty_exceptions_enable
    assert app.info.context_settings == {"help_option_names": ["-h", "--help"]}
