"""What all routes of the Hub share: who calls, what a body may be, what an error becomes.

Rooms declare their part of the API as `ROUTES`, a tuple of `Route`; a handler gets a `Call` and
returns an answer or raises one of our errors. Nothing in here knows a device from a step.

Read `route.py` first, then `call.py`.
"""
