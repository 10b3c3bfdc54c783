"""The process, as an operator has it."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from surefoot.hub.certificates import server_pair

COMMAND = Path(sys.executable).with_name("surefoot")
PATIENCE_S = 60


class Running:
    """`plain`, `secure`: its first two lines."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.process = process
        self.plain, self.secure = (process.stdout.readline().strip() for _ in range(2))

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """(its exit code, what it printed after its addresses, what it logged)."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@contextmanager
def hub(data: Path, *options: str) -> Iterator[Running]:
    command = [COMMAND, "hub", "run", "--data", data, "--listen", "127.0.0.1:0"]
    if "--tls-listen" not in options:
        options = ("--tls-listen", "127.0.0.1:0", *options)
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def status(url: str, ca: Path | None = None, path: str = "/auth/auth_status") -> int:
    place = urlsplit(url)
    assert place.hostname is not None
    connection: http.client.HTTPConnection
    if place.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(place.hostname, place.port, context=context)
    else:
        connection = http.client.HTTPConnection(place.hostname, place.port)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_its_addresses_serves_both_and_ends_when_told(
    tmp_path: Path, how: signal.Signals
) -> None:
    with hub(tmp_path / "hub") as running:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", running.plain)
        assert re.fullmatch(r"https://127\.0\.0\.1:\d+", running.secure)
        assert status(running.plain) == 401
        assert status(running.secure, tmp_path / "hub" / "tls" / "ca.pem") == 401
        assert running.end(how) == (0, "", "")


def test_all_of_it_is_there_again_after_a_new_start(tmp_path: Path) -> None:
    with hub(tmp_path / "hub") as running:
        running.end()
    first = (tmp_path / "hub" / "tls" / "ca.pem").read_bytes()
    with hub(tmp_path / "hub") as running:
        assert status(running.secure, tmp_path / "hub" / "tls" / "ca.pem") == 401
    assert (tmp_path / "hub" / "tls" / "ca.pem").read_bytes() == first


def test_its_data_are_for_nobody_else(tmp_path: Path) -> None:
    with hub(tmp_path / "hub") as running:
        running.end()
    assert (tmp_path / "hub").stat().st_mode & 0o077 == 0


def test_a_second_one_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with hub(tmp_path) as running:
        command = [COMMAND, "hub", "run", "--data", tmp_path, "--listen", "127.0.0.1:0"]
        second = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert second.returncode == 75
        assert second.stdout == ""
        assert f"A Hub serves {tmp_path} already" in second.stderr
        assert str(running.process.pid) in second.stderr
        assert status(running.plain) == 401


def test_a_public_address_is_what_it_tells_and_what_it_hands_out(tmp_path: Path) -> None:
    with hub(tmp_path, "--public-url", "https://hub.example.org") as running:
        assert (running.plain, running.secure) == ("https://hub.example.org",) * 2


def test_without_a_tls_door_no_certificate_is_made(tmp_path: Path) -> None:
    with hub(tmp_path, "--tls-listen", "none") as running:
        assert running.secure == running.plain
        assert status(running.plain) == 401
    assert not (tmp_path / "tls").exists()


def test_a_given_certificate_is_served(tmp_path: Path) -> None:
    pair = server_pair(tmp_path / "given", ["127.0.0.1"])
    files = ["--tls-cert", str(pair.certificate), "--tls-key", str(pair.key)]
    with hub(tmp_path / "hub", *files) as running:
        assert status(running.secure, tmp_path / "given" / "ca.pem") == 401
    assert not (tmp_path / "hub" / "tls").exists()


def test_a_call_to_an_unknown_path_is_json(tmp_path: Path) -> None:
    with hub(tmp_path) as running:
        assert status(running.plain, path="/no/such/thing") == 404


def test_each_request_is_logged_when_asked_for(tmp_path: Path) -> None:
    with hub(tmp_path, "--access-log") as running:
        status(running.plain)
        _, _, err = running.end()
    assert '"GET /auth/auth_status HTTP/1.1" 401' in err


def test_a_taken_port_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [COMMAND, "hub", "run", "--data", tmp_path, "--listen", f"127.0.0.1:{port}"]
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    assert ran.returncode == 75
    assert f"127.0.0.1:{port} is in use" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """Whatever is under way."""
    with hub(tmp_path) as running:
        place = urlsplit(running.plain)
        with socket.create_connection((place.hostname, place.port)) as slow:
            slow.sendall(b"POST /auth/login HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\n")
            slow.sendall(b"Content-Length: 9\r\n\r\n{")
            time.sleep(0.1)  # let the call begin; if it has not, the end is as quick
            running.process.send_signal(signal.SIGTERM)
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(PATIENCE_S) in (0, -signal.SIGTERM)


def test_without_uvloop_it_runs_on_what_python_has(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['uvloop'] = None; from surefoot.cli import main;"
        f"sys.exit(main(['hub', 'run', '--data', {str(tmp_path)!r}, '--listen', '127.0.0.1:0',"
        " '--tls-listen', '127.0.0.1:0']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ},
    )  # fmt: skip
    running = Running(process)
    try:
        assert status(running.plain) == 401
        assert running.end() == (0, "", "")
    finally:
        process.kill()
        process.communicate()
