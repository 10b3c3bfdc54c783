"""Texts for people, made of what a device answered. Pure: values in, lines out, the time is given.

A view shows what is there and never fails for a member that an older or newer device leaves out.
Words: a *pointer* is one of the three revisions that matter (running, trying, rollback point).

Read `status.py` first.
"""
