"""Devices: who they are, whose they are, and what is noted about them.

A device registers itself and is *unclaimed*; a user who reads the *challenge* on it *claims* it, or
it comes with a user's *auto-join token* and is owned at once. *user-meta* is what the owner tells
the device, *device-meta* what the device tells about itself. A device that is removed takes its
trail, steps and logs with it.

Never: what runs on a device (`trails/`), or who logs in (`accounts/`).

Read `access.py` first, then `routes.py`. Source: hub-wire.md 3.
"""
