"""How a device comes to its Hub and stays with it: register, claim, first sync, idle.

Pure: no clock, no network. Says what shall be asked next and what an answer means; knows nothing of
updates, which are found through it and told by others.

Words: *phase* (how far the device has come), *ask* (one question to the Hub), *line* (the chain of
asks of which one is always under way or waits for its timer), *contact* (any HTTP answer, R18),
*silence* (a request without any answer).

Read `record.py`, then `advance.py`. Sources: hub-wire.md 8, hub.md, rulings R16, R18, R19, R20.
"""
