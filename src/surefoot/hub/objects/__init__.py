"""Objects: who may have which bytes, and how they come and go.

Content is stored once for all owners (`hub/blobs/`). A row says that one owner may have it: he has
sent the bytes himself, or a device that everybody may read has them. Knowing a sha opens nothing.

Words: *announce* (say which bytes one means to have), *prove* (send them), *link* (take them over
from a public device's step), *ticket* (what a signed URL allows: one method, one object, one owner,
for a time), *collect* (remove what no step names any more).

The rules that keep an upload and the collection apart are in `collect.py`. Read `store.py` first,
then `routes.py`. Source: hub-wire.md 5.
"""
