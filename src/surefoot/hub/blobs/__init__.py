"""The bytes of objects, each stored once for all owners, named by their sha256.

Knows no owners: who may have which bytes is the rooms' question.

Read `protocol.py` first.
"""
