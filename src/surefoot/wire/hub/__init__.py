"""Bodies of the Hub's protocol: text in, values out, and back.

Used by the Hub, the agent and the command line. Knows formats, never what a device or a Hub does
with them.

Words: *PRN* (a name of an account or a device on the wire), *offered* (a step as a device sees it),
*place* (where an object can be put or got).

Read `prn.py` first. Sources: hub-wire.md, hub.md, `recorded/`.
"""
