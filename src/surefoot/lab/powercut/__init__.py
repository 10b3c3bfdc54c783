"""Random power cuts on a real device of real containers, seeded and reproducible.

A *cut* is kill -9 of the boot loop, the agent, the LXC monitors and every container process at a
random moment of a random update. After each, the device is started again and must come to rest on
a revision that is DONE (or UPDATED and still to be tried), with every DONE record kept and every
container really running the image that the record names. Read `scenario.py` first.
"""
