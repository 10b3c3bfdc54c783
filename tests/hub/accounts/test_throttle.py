"""How long to wait after refused logins."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.hub.accounts import throttle
from surefoot.hub.accounts.store import Failures
from surefoot.hub.accounts.throttle import FORGOTTEN_S, LONGEST_S, SECOND

AT = 1_700_000_000 * SECOND
HERE = "192.0.2.1"


def waits(free, tries):
    """Of one who comes again as soon as he may, in seconds."""
    found, at, answers = Failures(), AT, []
    for _ in range(tries):
        at += throttle.wait_s(found, at) * SECOND
        found = throttle.after(found, free, at)
        answers.append(throttle.wait_s(found, at))
    return answers


def test_some_are_free_then_the_wait_doubles_up_to_a_minute():
    assert waits(5, 14) == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.integers(0, 10**9), st.integers(0, 40))
def test_no_number_of_failures_makes_a_wait_without_end(count, free):
    found = throttle.after(Failures(count, AT), free, AT)
    assert throttle.wait_s(found, AT) <= LONGEST_S
    assert throttle.wait_s(found, AT + LONGEST_S * SECOND) == 0


def test_a_wait_is_rounded_up():
    assert throttle.wait_s(Failures(9, AT + 1), AT) == 1
    assert throttle.wait_s(Failures(9, AT + SECOND + 1), AT) == 2
    assert throttle.wait_s(Failures(9, AT), AT) == 0


def test_old_failures_count_for_nothing():
    found = Failures(100, AT)
    late = AT + FORGOTTEN_S * SECOND + 1
    assert throttle.after(found, 5, late) == Failures(1, late)


def test_names_are_kept_as_hashes_and_accounts_by_their_id():
    assert "secret" not in str(throttle.name("", "my secret typed here", HERE))
    assert throttle.name("", "Ada", HERE) == throttle.name("", "ada", HERE)
    assert throttle.name("id1", "ada", HERE) == throttle.name("id1", "ada@example.org", HERE)


def test_nobody_elsewhere_soon_keeps_a_name_out():
    here, everywhere = throttle.name("id1", "ada", HERE)
    there, same = throttle.name("id1", "ada", "198.51.100.7")
    assert here.key != there.key
    assert everywhere == same
    assert everywhere.free >= 50 * here.free


def test_an_address_is_held_back_with_the_whole_network_of_its_caller():
    assert throttle.address("2001:db8::1") == throttle.address("2001:db8::ffff:2")


def test_a_device_is_held_back_only_where_it_failed_from():
    assert throttle.device("d", "192.0.2.1") != throttle.device("d", "192.0.2.2")
    assert throttle.device("d", "192.0.2.1") != throttle.device("e", "192.0.2.1")
