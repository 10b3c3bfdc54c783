import io
import logging
from collections.abc import Iterator

import pytest

from surefoot.hub.lines import OneLine, log_to


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    named = {name: logging.getLogger(name) for name in ("surefoot.hub", "surefoot.hub.access")}
    levels = {name: logger.level for name, logger in named.items()}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, logger in named.items():
        logger.setLevel(levels[name])


def fail() -> None:
    raise ValueError("two\nlines")


def test_an_error_is_one_line_with_its_places() -> None:
    stream = io.StringIO()
    log_to(stream)
    try:
        fail()
    except ValueError:
        logging.getLogger("surefoot.hub.frame").exception("GET %s failed", "/x\r\n")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert line.startswith(
        "surefoot hub: ERROR GET /x\\r\\n failed: ValueError: two\\nlines [" + __file__
    )
    assert " fail < " in line
    assert " test_an_error_is_one_line_with_its_places]" in line


def test_a_deep_error_names_the_nearest_places() -> None:
    def deep(left: int) -> None:
        if left:
            deep(left - 1)
        fail()

    try:
        deep(50)
    except ValueError as error:
        record = logging.LogRecord(
            "n", logging.ERROR, "p", 1, "m", (), (ValueError, error, error.__traceback__)
        )
    assert OneLine().format(record).count(" < ") == 5


@pytest.mark.parametrize(
    ("requests", "wanted"), [(False, ""), (True, "surefoot hub: INFO GET /\n")]
)
def test_requests_are_told_when_asked_for(requests: bool, wanted: str) -> None:
    stream = io.StringIO()
    log_to(stream, requests=requests)
    logging.getLogger("surefoot.hub.access").info("GET /")
    assert stream.getvalue() == wanted


def test_warnings_of_libraries_are_told_too() -> None:
    stream = io.StringIO()
    log_to(stream)
    logging.getLogger("aiohttp.server").error("oh")
    logging.getLogger("aiohttp.server").info("quiet")
    assert stream.getvalue() == "surefoot hub: ERROR oh\n"


@pytest.mark.parametrize("mount", ["local-s3", "s3"])
def test_an_address_that_opens_something_is_told_without_what_opens_it(mount: str) -> None:
    sha, secret = "ab" * 32, "GET.1790000000.owner.mac-mac"
    stream = io.StringIO()
    log_to(stream, requests=True)
    path = f"/{mount}/{sha}.{secret}"
    logging.getLogger("surefoot.hub.access").info('"%s" 200', f"GET {path}?x HTTP/1.1")
    logging.getLogger("surefoot.hub.frame").warning("%s %s: no room", "PUT", path)
    logging.getLogger("surefoot.hub.frame").warning("GET /%s/short: no", mount)
    assert stream.getvalue().splitlines() == [
        f'surefoot hub: INFO "GET /{mount}/{sha}... HTTP/1.1" 200',
        f"surefoot hub: WARNING PUT /{mount}/{sha}... no room",
        f"surefoot hub: WARNING GET /{mount}/short: no",
    ]
