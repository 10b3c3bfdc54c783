"""Auto-join tokens: a device that registers with one belongs to its maker at once.

The Hub keeps a token's hash only; whoever makes one sees it this once. It neither expires nor is
used up; its maker disables it.

Read `routes.py` first. Source: hub-wire 3.3.
"""
