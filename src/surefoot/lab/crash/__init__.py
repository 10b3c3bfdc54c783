"""Power cuts at every effect boundary, on in-memory hands with a recorded disk.

Words: a *story* is a device, its containers' behaviour and what its user does. A *boundary* is the
moment before an effect is performed. Read `story.py` first, then `machine.py`, then `explore.py`.
"""
