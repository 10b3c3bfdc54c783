"""The doctor: whether database and blobs agree, and what can be mended.

Looks while the Hub runs, and mends only while it does not. Never guesses: what it cannot know (the
bytes of an object that is gone) it asks for again, by marking the object as not here.

Words: a *finding* is one thing that is not as it should be; a *note* is one that the Hub clears
away by itself.

Read `findings.py`, then `look.py`.
"""
