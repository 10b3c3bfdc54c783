"""Work in a thread, and who waits for it."""

import asyncio
import threading

import pytest

from surefoot.hub.objects.steady import to_the_end


def test_its_result_and_its_errors_come_through():
    async def fail():
        raise ValueError("no")

    async def story():
        with pytest.raises(ValueError, match="no"):
            await to_the_end(fail())
        return await to_the_end(asyncio.to_thread(lambda: 5))

    assert asyncio.run(story()) == 5


def test_a_caller_that_is_cancelled_leaves_when_the_work_has_ended():
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work():
        began.set()
        may_end.wait(30)
        ended.set()

    async def story():
        task = asyncio.create_task(to_the_end(asyncio.to_thread(work)))
        await asyncio.to_thread(began.wait)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(story())
