"""Every format that others read or write: bytes and text in, values out, and back.

Never does I/O of its own (a stream is passed in), never decides what a value means for an update.

Words: *progress* (how far an update is, as disk, socket and Hub say it), *bundle* (an export
tarball: one state and its objects). Compatible names are translated here and nowhere else.

Read `progress.py` first.
"""
