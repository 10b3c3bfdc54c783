"""Lines of logs that devices send, and how their owners read them.

A line is kept as it came, with the time at which it came: clocks of devices are not to be trusted,
and the C device sends none. It also sends its whole log again after each start; such lines are kept
again. Of each device the newest lines are kept, `Limits.log_lines` of them.

Words: *query* (what a reader wants to see), *cursor* (a query and how far it was read, in a text
that the reader keeps: the Hub remembers nothing).

Read `query.py` first. Source: hub-wire.md 9.
"""
