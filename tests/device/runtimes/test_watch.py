"""Processes and pipes, watched by the event loop."""

import asyncio
import os
import signal
import subprocess

import pytest

from surefoot.device.runtimes.watch import Lines, Process
from tests.support.machine import seen


def child_of_ours(*command):
    return subprocess.Popen(command)


def wait_without_reaping(child):
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)


async def test_the_end_of_a_process_is_seen():
    child = child_of_ours("sleep", "3600")
    process = Process(child.pid)
    assert not await process.gone_within(0.001)
    process.signal(signal.SIGTERM)
    await asyncio.wait_for(process.gone(), 30)
    assert process.is_gone
    assert await process.gone_within(0)
    process.signal(signal.SIGTERM)
    process.forget()
    assert child.wait() == -signal.SIGTERM


async def test_a_process_that_is_dead_but_not_reaped_is_gone():
    child = child_of_ours("true")
    wait_without_reaping(child)
    await asyncio.wait_for(Process(child.pid).gone(), 30)
    child.wait()


async def test_a_process_that_was_never_there_cannot_be_watched():
    child = child_of_ours("true")
    child.wait()
    with pytest.raises(ProcessLookupError):
        Process(child.pid)


async def test_lines_come_whole_however_they_are_written(tmp_path):
    taken = []
    lines = Lines(tmp_path / "pipe", taken.append)
    for text in (b"one\ntw", b"o\n", b"thr\xff\nrest"):
        writer = os.open(tmp_path / "pipe", os.O_WRONLY)
        os.write(writer, text)
        os.close(writer)
    await seen(lambda: len(taken) == 3)
    assert taken == ["one", "two", "thr�"]
    lines.close()
    lines.close()


async def test_what_was_written_before_the_end_is_read(tmp_path):
    taken = []
    lines = Lines(tmp_path / "pipe", taken.append)
    writer = os.open(tmp_path / "pipe", os.O_WRONLY)
    os.write(writer, b"line\n" * 5000)
    os.close(writer)
    lines.close()
    assert len(taken) == 5000


async def test_a_line_without_end_does_not_fill_the_memory(tmp_path):
    lines = Lines(tmp_path / "pipe", lambda line: None)
    writer = os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)
    for _ in range(40):
        os.write(writer, b"x" * 4096)
        await asyncio.sleep(0)
    os.close(writer)
    assert len(lines._rest) <= 65536
    lines.close()
