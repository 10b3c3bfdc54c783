"""Where the Hub's rows are: one small protocol, one file a database.

Rooms write plain SQL (the part that SQLite and PostgreSQL share, with `?` for values) in their
`store.py`. Times are whole microseconds since 1970, in UTC.

Read `protocol.py` first.
"""
