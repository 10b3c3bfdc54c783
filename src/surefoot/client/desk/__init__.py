"""What a person does at a desk with a fleet: log in, claim, post, watch, cancel, read logs.

Talks to a Hub as a user, through `client/hub/http.py`. Never decides how an update goes, and prints
nothing: it gives values, and tells watchers what happens.

Words: a *session* is one login at one Hub, kept in a file; a *reference* is how a person names a
device (nick, id, owner/nick, URL); to *post* is to bring what a Hub lacks and then a new step; a
*view* of a step is what the Hub holds of it now.

Read `sessions.py`, then `hub.py`, then `post.py`. Sources: hub-wire.md 2, 4, 6, 7, 9; rulings R14,
R19, R24.
"""
