"""The parts of one Hub process."""

from surefoot.hub.frame.hub import Limits, Urls


def test_a_caller_is_given_the_addresses_of_the_door_that_he_came_in_by():
    urls = Urls("http://hub.test", "https://hub.test:12366")
    assert urls.of(secure=False) == "http://hub.test"
    assert urls.of(secure=True) == "https://hub.test:12366"


def test_rates_leave_a_device_the_room_that_it_needs():
    """About a call a second, fifty at once when it starts."""
    rate = Limits().device_rate
    assert rate.per_s >= 10
    assert rate.burst >= 200


def test_lifetimes_are_in_order():
    limits = Limits()
    assert limits.anonymous_s < limits.token_s <= limits.user_token_s
