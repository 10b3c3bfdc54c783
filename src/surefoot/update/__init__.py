"""How one update progresses, from the first look at its state JSON to a final status.

Pure: no clock, no chance, no I/O. `advance(record, event) -> (record, effects)`; the agent's hands,
the crash laboratory and the plan all run this same function.

Words: a *point* is one row of the seed page's progress table (status and message). A *stage* is
what the machine waits for right now; several stages may pass under one point. A *cause* says why an
update failed. *Running*, *trying* and *done* are the three pointers: what runs, what the boot
loader will try next, and the rollback point.

Read `tables.py` first, then `record.py`, `events.py`, `effects.py`, `advance.py` (which row calls
which rule), and the rules in the order of an update's life.
"""
