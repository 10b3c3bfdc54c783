"""A record is a plain value: frozen, comparable, hashable; and the words it has for itself."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.update import tables
from surefoot.update.record import Plan, Policy, Record, Update
from surefoot.update.tables import Stage
from tests.update.engine import AT, IDLE, SWITCH, X, factory, local, remote


@pytest.mark.parametrize("stage", AT, ids=str)
def test_a_record_is_frozen_hashable_and_comparable_at_every_stage(stage):
    """Design rule 2."""
    record, again = AT[stage](), AT[stage]()
    assert record == again
    assert hash(record) == hash(again)
    with pytest.raises(FrozenInstanceError):
        record.running = "9"


@pytest.mark.parametrize("stage", AT, ids=str)
def test_each_stage_of_the_table_is_where_its_story_leads(stage):
    record = AT[stage]()
    assert (record.update.stage if record.update else None) is stage


def test_there_is_a_story_to_every_stage():
    assert set(AT) == {None, *Stage}


def test_a_change_anywhere_makes_another_record():
    record = local()
    others = [
        replace(record, running="9"),
        replace(record, done="9"),
        replace(record, trying="9"),
        replace(record, staged="9"),
        replace(record, unproven=True),
        replace(record, factory_fault="app: no init"),
        replace(record, update=replace(record.update, goals=True)),
        replace(record, policy=Policy(max_retries=99)),
    ]
    assert record not in others
    assert len({record, *others}) == 1 + len(fields(Record))


@given(st.integers(-5, 50))
def test_the_number_of_starts_is_two_at_least(number):
    """R15: a PV_REVISION_RETRIES of less than 2 counts as 2."""
    assert Policy(max_retries=number).retries == max(2, number)


def test_defaults_are_those_of_the_seed_pages_settings():
    """device.md 2: 25 s, 120 s, 120 s, 10 starts."""
    assert Policy() == Policy(25.0, 120.0, 120.0, 10)


def test_what_a_dropped_revision_gives_back_is_a_running_one_that_is_only_updated():
    """R3: disarming makes a running UPDATED revision the `pv_try` again, else empties it."""
    assert IDLE.restored is None
    assert replace(IDLE, running=X).restored == X


@pytest.mark.parametrize("stage", Stage, ids=str)
def test_an_update_whose_outcome_is_stored_only_ends(stage):
    """R13: with a final status to be seen, the next command is accepted."""
    going = replace(IDLE, update=Update(X, stage, tables.STARTING))
    ended = replace(IDLE, update=Update(X, stage, tables.UPDATED))
    assert going.busy is going.in_work is (stage not in tables.YIELDING)
    assert ended.in_work is going.in_work
    assert not ended.busy


def test_neither_a_silent_hub_nor_the_factorys_goals_keep_commands_out():
    """R15, R18; peers 3: greengrass-nucleus#807: nothing was begun yet."""
    assert not remote().busy
    assert not factory().busy


def test_a_device_without_an_update_is_not_busy():
    assert not IDLE.busy


def test_a_plan_is_a_value():
    assert Plan(False, False, ("app changed",), ("app back",)) == SWITCH
    assert hash(SWITCH) == hash(Plan(False, False, ("app changed",), ("app back",)))
