"""Trails and their steps: what is posted, what a device is offered, what it reports of it.

Keeps texts and never makes them anew: a state goes out as it came in, byte for byte. Decides what
follows what only in `forward.py`; runs nothing, and knows no bytes of objects but in `export.py`.

Words: *factory state* (step 0, from a device's first sync), *held* (the progress that the Hub has),
*told* (a report that comes in), *early* and *armed* (before and after a step is set for the next
boot), *standing* (where a device stands, for summaries), *insider* (the owner or the device).

Read `forward.py` first, then `routes.py`. Sources: hub-wire.md 0.5, 4, 6; rulings R4, R6, R14, R17,
R19; pvr.md 1.3, 2, 4.3.
"""
