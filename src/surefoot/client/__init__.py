"""Talks to a device's control socket (and later to a Hub), for the command line and the agent.

A client carries bytes and turns what went wrong into `surefoot.errors`; it decides nothing and
prints nothing. Only the standard library is imported here.

Words: a *place* is a path where a socket may be; a *stream* is an answer without an end.

Read `socket.py` first, then `unix.py` and `events.py`.
"""
