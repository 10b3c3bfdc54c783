"""Commands of the desk: `login`, `devices`, `post` and the others that talk to a Hub as a person.

Each module holds the commands of one errand; `link.py` has what all share: the Hub that is meant,
the device that is meant. Views are in `views.py`. What comes from a Hub is printed through
`client/desk/text.py`, for a nick or a message may hold anything.
"""
