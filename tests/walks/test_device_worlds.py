"""The whole composed device in any order of commands, failures, time and power cuts."""

from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.device import commands
from tests.walks.device_world import MODES, STATES, World

OPS = st.sampled_from(sorted(commands.OPS))
RUNS = st.sampled_from(["LOCAL_RUN", "LOCAL_RUN_COMMIT", "LOCAL_APPLY"])
NAMES = st.sampled_from([*sorted(STATES), "locals/none", ""])
LOCALS = st.sampled_from([name for name in sorted(STATES) if name.startswith("locals/")])
CONTAINERS = st.sampled_from(["app", "base", "web"])
NUMBER = st.integers(0, 1000)

ANSWER = st.tuples(st.just("answer"), NUMBER)
HAPPENS = st.one_of(
    ANSWER,
    ANSWER,
    ANSWER,
    ANSWER,
    st.tuples(st.sampled_from(["fail", "exit", "signal", "timer", "timer"]), NUMBER),
    st.tuples(st.just("command"), OPS, NAMES),
    st.tuples(st.just("command"), RUNS, LOCALS),
    st.tuples(st.just("container"), CONTAINERS, st.sampled_from(["start", "stop", "restart"])),
    st.tuples(st.sampled_from(["found", "cancel"]), st.sampled_from(["7", "8"])),
    st.tuples(st.just("cut"), st.integers(0, 12)),
    st.tuples(st.sampled_from(["off", "hub"]), st.booleans()),
    st.sampled_from([("silent",), ("garbage",), ("heal",), ("leave",)]),
)


# The same examples each time: a gate must not turn red by chance.
@settings(max_examples=300, derandomize=True)
@given(st.sampled_from(MODES), st.booleans(), st.booleans(), st.lists(HAPPENS, max_size=50))
def test_whatever_happens_the_device_comes_to_rest_on_what_is_recorded(
    modes, proven, claimed, happens
):
    """R3 to R6, R9, R13, R16: the slot is the journal, records go forward only, pointers are those
    of the boot file; afterwards, with everything going well, all that was accepted has ended."""
    world = World(modes, proven, claimed)
    for what in happens:
        world.happen(*what)
    world.rest()
    world.check_end()
