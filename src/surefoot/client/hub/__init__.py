"""Talks to a Hub: the agent's and the desk's side of hub-wire.md, on libcurl.

Carries bytes, turns what went wrong into `surefoot.errors`, and decides nothing about updates.
Importing the room costs nothing: pycurl comes with the first HttpClient.

Words: an *answer* (any HTTP status with its whole body), *no answer* (Unreachable: nothing that
could be understood came back), *headway* (bytes that moved), *place* (where an object can be put or
got), *floor* (the oldest that this moment can be, R23).

Read `api.py` first, then `http.py` and `fetch.py`; what libcurl does is in `transfer.py` and
`curl.py`, whom TLS trusts in `trust.py`, `judge.py` and `floor.py`.
"""
