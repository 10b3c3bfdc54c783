"""Container statuses: their order is R22's, and the table of moves has a way through for each."""

from surefoot.supervisor.tables import MOVES, RUNNING, WITH_PROCESS, ContainerStatus

S = ContainerStatus


def test_the_statuses_are_those_of_the_reference_in_the_order_of_r22():
    """device.md 10, R22: the lowest among the unreached is what the device shows."""
    names = "INSTALLED MOUNTED BLOCKED STARTING STARTED READY RECOVERING STOPPING STOPPED"
    assert [status.value for status in S] == names.split()


def test_every_status_can_be_reached_and_left():
    assert set(MOVES) == set(S)
    assert set().union(*MOVES.values()) == set(S) - {S.INSTALLED}
    assert all(MOVES.values())


def test_what_runs_has_a_process():
    assert RUNNING < WITH_PROCESS
    assert not {S.INSTALLED, S.MOUNTED, S.BLOCKED, S.RECOVERING, S.STOPPED} & WITH_PROCESS


def test_a_process_ends_only_by_stopping_or_by_itself():
    """Nothing goes from running back to merely prepared without passing through its end."""
    for status in RUNNING:
        assert MOVES[status] <= {*RUNNING, S.RECOVERING, S.STOPPING, S.STOPPED}
