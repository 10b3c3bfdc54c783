"""The fleet server: what devices and their owners agree on, kept in a database and in blobs.

A process of it keeps no state of its own: all of it is in the database and the blobs, so any number
of them may serve side by side. It decides nothing that a device decides: it stores what is posted,
hands it out, and holds what devices report.

Words: *account* (a person or an organisation), *claim* (an account becomes a device's owner),
*trail* (all steps of one device), *step*, *object* (a file that an owner has proved to have),
*blob* (its bytes, stored once for all owners), *principal* (who makes a call), *route* (one row of
the API).

Read `frame/route.py`, then `trails/routes.py`. Sources: hub-wire.md (section 0 first), hub.md,
rulings R4, R6, R14, R19.
"""
