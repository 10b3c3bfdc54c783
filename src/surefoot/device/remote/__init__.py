"""The agent's hands towards a Hub: they ask what the link wants asked, store what comes, and bring
objects. They decide nothing that `link/` or `update/` decides.

What speaks to a Hub is not imported before the device has one; no HTTP client is loaded, and no
connection is made, before it is in remote mode.

Read `remote.py` first. Sources: hub-wire.md 8, rulings R14 to R20.
"""
