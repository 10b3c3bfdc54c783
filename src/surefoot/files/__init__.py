"""How bytes survive a power cut: the only room that calls fsync and rename.

Used by the device, the Hub and the command line. Knows files, never what is in them, and never
decides which of them matter.

Words: *durable* (true after any power cut from now on), *step* (one call that changes the disk),
*leftover* (what an interrupted change left behind under a temporary name), *object* (a file named
by the sha256 of its bytes), *pool* (the directory of objects).

Read `durable.py` first.
"""
