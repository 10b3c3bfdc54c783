"""Lines, the agent's own log, and the errors that go into a final progress."""

import json
import logging
import threading

import pytest

from surefoot.device.config import Config, Places
from surefoot.device.logs import AgentLog, ErrorLog, LogLine, LogTree, append


def config(tmp_path, **settings):
    return Config.read(Places(tmp_path, tmp_path), settings)


@pytest.fixture
def tree(tmp_path):
    return LogTree(tmp_path / "logs")


@pytest.fixture
def agent_log(tmp_path, tree):
    return AgentLog(tree, "0", config(tmp_path, PV_LOG_LEVEL="3"))


@pytest.fixture
def logger(agent_log):
    # One of its own: nothing of it is left in the process when the test ends.
    logger = logging.Logger("surefoot.device.gc")  # noqa: LOG001
    logger.addHandler(agent_log)
    return logger


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def error(message, lvl="ERROR"):
    return LogLine(12, 34, "pantavisor", lvl, "state", message)


def test_a_line_is_the_references_json_object_byte_for_byte():
    """device.md 1: tsec, tnano, platform, lvl, src, msg."""
    assert error("platform 'app' is not running").encode() == (
        '{"tsec":12,"tnano":34,"platform":"pantavisor","lvl":"ERROR","src":"state",'
        '"msg":"platform \'app\' is not running"}'
    )


def test_logs_lie_by_revision_and_container(tree):
    console = tree.console("locals/x", "app")
    assert console == tree.root / "locals/x/app/console.log"
    assert console.exists()
    append(tree.agent("locals/x"), b"{}\n")
    assert tree.sources("locals/x") == {
        "app": console,
        "pantavisor": tree.root / "locals/x/pantavisor/pantavisor.log",
    }
    assert tree.sources("nothing-here") == {}


def test_a_console_log_that_cannot_be_made_keeps_no_container_down(tree):
    tree.root.mkdir()
    (tree.root / "0").write_text("a file where a directory must be")
    assert str(tree.console("0", "app")) == "/dev/null"


def test_the_agents_log_is_json_lines_with_the_loggers_name(tree, logger):
    logger.info("kept %d objects", 3)
    logger.error("bad", extra={"src": "state", "platform": "app"})
    first, second = lines(tree.agent("0"))
    assert (first["lvl"], first["src"], first["msg"]) == ("INFO", "gc", "kept 3 objects")
    assert first["platform"] == "pantavisor"
    assert (second["platform"], second["src"], second["lvl"]) == ("app", "state", "ERROR")


def test_the_log_goes_on_in_the_directory_of_the_revision_that_runs(tree, logger, agent_log):
    logger.info("one")
    agent_log.switch("1")
    logger.info("two")
    assert [line["msg"] for line in lines(tree.agent("0"))] == ["one"]
    assert [line["msg"] for line in lines(tree.agent("1"))] == ["two"]


def test_the_level_hides_what_is_finer_and_listeners_get_it_all(tree, logger, agent_log, tmp_path):
    agent_log.use(config(tmp_path, PV_LOG_LEVEL="0"))
    heard = []
    agent_log.listeners.append(heard.append)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL):
        logger.log(level, "x")
    assert [line["lvl"] for line in lines(tree.agent("0"))] == ["WARN", "FATAL"]
    assert [line.lvl for line in heard] == ["DEBUG", "INFO", "WARN", "FATAL"]


def test_time_is_the_machines_uptime_unless_absolute_is_asked_for(
    tree, logger, agent_log, tmp_path
):
    logger.info("relative")
    agent_log.use(config(tmp_path, PV_LOG_LEVEL="3", PV_LOG_TIMESTAMP="absolute"))
    logger.info("absolute")
    relative, absolute = lines(tree.agent("0"))
    assert relative["tsec"] < 1_700_000_000 < absolute["tsec"]


def test_a_slip_in_a_log_call_and_hostile_text_stop_nothing(tree, logger):
    logger.info("%d %d", "one")  # noqa: PLE1206 - the slip that this test is about
    logger.info("\udc80 bytes\nand lines")
    logger.info("x" * 100_000)
    first, second, third = lines(tree.agent("0"))
    assert first["msg"] == "%d %d"
    assert second["msg"] == "? bytes\nand lines"
    assert len(third["msg"]) == 2048


def test_a_traceback_goes_with_its_line(tree, logger):
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("it failed")
    assert "ValueError: broken" in lines(tree.agent("0"))[0]["msg"]


def test_a_full_disk_never_stops_the_agent_and_lost_lines_are_counted(tree, logger):
    """peers 3: balena-supervisor#674, meta-balena#2130."""
    path = tree.agent("0")
    path.unlink()
    path.symlink_to("/dev/full")
    for _ in range(3):
        logger.info("lost")
    path.unlink()
    logger.info("room again")
    said, again = lines(path)
    assert said["msg"] == "3 lines before this one were lost: they could not be written"
    assert again["msg"] == "room again"


def test_lines_of_many_threads_stay_whole(tree, logger):
    def write():
        for number in range(50):
            logger.info("line %d %s", number, "x" * 500)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tree.agent("0"))) == 200


def test_the_error_log_has_no_text_before_an_error():
    errors = ErrorLog()
    errors.add(error("fine", lvl="WARN"))
    assert errors.text() is None


def test_the_error_log_is_json_lines_each_ended():
    errors = ErrorLog()
    errors.add(error("one"))
    errors.add(error("two", lvl="FATAL"))
    text = errors.text()
    assert text.endswith("\n")
    assert [json.loads(line)["msg"] for line in text.splitlines()] == ["one", "two"]


def test_a_new_update_starts_with_no_errors():
    errors = ErrorLog()
    errors.add(error("old"))
    errors.begin()
    assert errors.text() is None


def test_the_error_log_is_bounded_and_keeps_the_first_cause_and_the_newest():
    errors = ErrorLog(max_bytes=4096)
    for number in range(1000):
        errors.add(error(f"error {number} " + "x" * 100))
    messages = [json.loads(line)["msg"] for line in errors.text().splitlines()]
    assert messages[0].startswith("error 0 ")
    assert messages[-1].startswith("error 999 ")
    assert sum(" lines left out" in message for message in messages) == 1
    assert len(errors.text().encode()) <= 4096 + 200


def test_one_error_larger_than_the_bound_is_left_out_and_said():
    errors = ErrorLog(max_bytes=200)
    errors.add(error("x" * 1000))
    assert "1 lines left out" in errors.text()


def test_errors_of_the_agent_reach_the_error_log(logger, agent_log):
    errors = ErrorLog()
    agent_log.listeners.append(errors.add)
    logger.error(
        "a platform did not work as expected. Tearing down...", extra={"src": "controller"}
    )
    line = json.loads(errors.text())
    assert (line["src"], line["platform"]) == ("controller", "pantavisor")


def test_the_agent_s_log_is_there_before_its_first_line(tree, tmp_path):
    """`ctl logs` of a healthy device, which says little at the default level, is no error."""
    own = AgentLog(tree, "0", config(tmp_path))
    assert tree.sources("0") == {"pantavisor": tree.agent("0")}
    own.switch("locals/one")
    assert tree.sources("locals/one")["pantavisor"].read_bytes() == b""


def test_a_log_that_cannot_be_made_stops_nobody(tmp_path):
    tree = LogTree(tmp_path / "file")
    tree.root.touch()
    AgentLog(tree, "0", config(tmp_path)).switch("locals/one")


@pytest.mark.parametrize("name", ["..", ".", "locals", "locals/..", "0/..", "", "/"])
def test_a_name_that_no_revision_has_leads_nowhere(tree, tmp_path, name):
    for place in (tmp_path / "X", tree.root / "X", tree.root / "app", tree.root / "0" / "app"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "secret.log").touch()
    assert tree.sources(name) == {}
