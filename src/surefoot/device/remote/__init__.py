"""The agent's hands towards a Hub: they ask what the link wants asked, store what comes, and bring
objects. They decide nothing that `link/` or `update/` decides.

Nothing in here is imported, and no connection is made, before the device has a Hub and is in remote
mode.

Read `remote.py` first. Sources: hub-wire.md 8, rulings R14 to R20.
"""
