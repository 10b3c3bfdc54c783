from surefoot.device.events import Kind
from surefoot.device.server import Op
from surefoot.device.server.reference import page
from surefoot.device.server.routes import ROUTES


def test_every_path_method_and_answer_of_the_table_is_on_the_page() -> None:
    text = page()
    for route in ROUTES:
        section = text.split(f"\n## `{route.pattern}`\n")[1].split("\n## ")[0]
        assert f"**{route.method}**: {route.summary}" in section
        for status, words in route.answers:
            assert f"| {status} | `{words}` |" in section


def test_every_command_and_kind_of_event_is_on_the_page() -> None:
    text = page()
    for name in (*Op, *Kind):
        assert f"`{name}`" in text


def test_the_page_is_the_same_each_time_and_ends_with_one_newline() -> None:
    assert page() == page()
    assert page().endswith("|\n")


def test_no_cell_breaks_its_table() -> None:
    rows = [line for line in page().splitlines() if line.startswith("|")]
    assert all(row.count("|") in (3, 4, 6) for row in rows)
