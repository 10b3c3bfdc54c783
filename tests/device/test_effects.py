"""The device's own effects and events, and that nobody lacks a hand for any of them."""

import typing
from dataclasses import is_dataclass

import pytest

from surefoot.device import compose
from surefoot.device import effects as dev
from surefoot.device.perform import HANDLERS
from surefoot.device.turn import SUPERVISOR_EVENTS, TakeUp
from surefoot.lab.crash.machine import HANDS
from surefoot.link import effects as link_do
from surefoot.link import events as link_on
from surefoot.link.advance import RULES as LINK_RULES
from surefoot.supervisor import effects as sup_do
from surefoot.supervisor import events as sup_on
from surefoot.update import effects as up_do
from surefoot.update import events as up_on

EFFECTS = set(typing.get_args(dev.Effect))
EVENTS = set(typing.get_args(dev.Event))
# Effects of the machines that the composition carries out itself.
ROUTED = {up_do.Switch, up_do.Reboot, sup_do.Tell, link_do.Tell, link_do.Say}


def test_the_union_names_every_effect_and_event_of_the_module():
    own = {v for v in vars(dev).values() if is_dataclass(v) and v.__module__ == dev.__name__}
    assert own == (EFFECTS | EVENTS | {dev.Command}) & own
    assert own - {dev.Command} <= EFFECTS | EVENTS


def test_what_the_machines_want_is_among_what_the_device_wants():
    """Style, "One interpreter"."""
    machines = (up_do, sup_do, link_do)
    assert {one for do in machines for one in typing.get_args(do.Effect)} <= EFFECTS


def test_the_agent_and_the_laboratory_have_hands_for_exactly_the_same_effects():
    """A new effect is covered in both, or this fails."""
    assert set(HANDS) == set(HANDLERS)


def test_no_effect_lacks_a_hand():
    assert set(HANDLERS) | ROUTED == EFFECTS


def test_what_the_composition_routes_never_reaches_a_hand():
    assert not ROUTED & set(HANDLERS)


def test_every_event_has_somebody_who_takes_it():
    """By a rule of the composition, by the supervisor, by the link, or by the update machine."""
    taken = set(compose.RULES) | set(SUPERVISOR_EVENTS) | set(typing.get_args(up_on.Event))
    # These reach the supervisor and the link through the composition's own rules, never from
    # outside.
    inside = {sup_on.Adopt, sup_on.TrialOver, sup_on.Halt, sup_on.Signalled, sup_on.ActionAsked}
    of_link = {link_on.Began, link_on.Ended, link_on.Forgotten, link_on.Working}
    of_link |= {link_on.Contact, link_on.Silence}
    assert of_link <= set(LINK_RULES)
    assert EVENTS - taken - (set(LINK_RULES) - of_link) == inside | of_link
    assert TakeUp in compose.RULES


@pytest.mark.parametrize("kind", sorted(EFFECTS | EVENTS, key=str), ids=lambda kind: kind.__name__)
def test_all_are_frozen(kind):
    assert kind.__dataclass_params__.frozen


def test_a_command_that_was_not_begun_has_no_starts():
    """R9: starts are counted, waiting is not."""
    assert dev.Command("LOCAL_RUN", "locals/x").starts == 0
