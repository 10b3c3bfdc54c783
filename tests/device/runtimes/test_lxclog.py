"""LXC's log, as 5.0.2 writes it."""

import pytest

from surefoot.device.runtimes.lxclog import Complaint, Ended, Parked, Started, read
from surefoot.device.runtimes.protocol import Exit

HEAD = "lxc-start surefoot-x-app.1 20261124073752.697"
START = "start - ../src/lxc/start.c"
ERROR_C = "error - ../src/lxc/error.c:lxc_error_set_and_log:31 -"


@pytest.mark.parametrize(
    ("line", "news"),
    [
        ("surefoot parked 4711", Parked(4711)),
        (f'{HEAD} NOTICE   {START}:post_start:2205 - Started "/sbin/init" with pid "9"', Started()),
        (f"{HEAD} INFO     {ERROR_C} Child <9> ended on error (7)", Ended(Exit(7, None))),
        (f"{HEAD} INFO     {ERROR_C} Child <9> ended on signal (9)", Ended(Exit(None, 9))),
        (f"{HEAD} INFO     {ERROR_C} Child <9> ended on signal SIGKILL(9)", Ended(Exit(None, 9))),
        (
            f'{HEAD} ERROR    {START}:start:2197 - No such file or directory - Failed to exec "/x"',
            Complaint('No such file or directory - Failed to exec "/x"'),
        ),
        (
            f"{HEAD} ERROR    sync - ../src/lxc/sync.c:sync_wait:34 - An error occurred",
            Complaint("An error occurred", is_vague=True),
        ),
        (f'{HEAD} NOTICE   {START}:start:2194 - Exec\'ing "/sbin/init"', None),
        (f'{HEAD} NOTICE   {START}:start:2194 - Exec\'ing "Started "x" with pid "1""', None),
        ("", None),
        ("anything else", None),
    ],
)
def test_only_news_are_read(line, news):
    assert read(line) == news
