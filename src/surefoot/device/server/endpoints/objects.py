"""Objects: streamed to disk while they are hashed, sent from disk by the kernel."""

import os
import re

from surefoot.device.server import views
from surefoot.device.server.desk import Reply
from surefoot.device.server.message import (
    BAD_CHECKSUM,
    OK,
    Answer,
    FileAnswer,
    Request,
    known_as,
)
from surefoot.errors import Corrupt

BAD_NAME = "Request has bad object name"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


def list_all(request: Request) -> Answer:
    return Answer(body=views.objects(request.desk.objects.list()))


def get(request: Request) -> FileAnswer:
    sha = request.values["sha"]
    if not _SHA256.match(sha):
        raise Reply(400, BAD_NAME)
    try:
        file = request.desk.objects.path(sha).open("rb", buffering=0)
    except FileNotFoundError:
        raise Reply(400, BAD_NAME) from None
    return FileAnswer(file, os.fstat(file.fileno()).st_size)


def put(request: Request) -> Answer:
    """Nothing is kept unless every byte came and the sum is right.

    R12: the stored bytes are looked at, not the name alone: right ones make the body needless,
    wrong ones are replaced by it.
    """
    sha = request.values["sha"]
    if len(sha) != 64:
        raise Reply(400, BAD_NAME)
    if not _SHA256.match(sha):
        raise Reply(422, BAD_CHECKSUM)
    objects = request.desk.objects
    there = objects.has(sha)
    if there and objects.verify(sha):
        # Before the body, which may take its time: whoever stores it is about to need it.
        request.desk.object_stored(sha, healed=False)
        if objects.has(sha):
            request.body.drain(request.limits.transfer_pace)
            return OK
    with (
        known_as(Corrupt, 422, BAD_CHECKSUM, with_reason=False),
        objects.receive(sha) as receiver,
    ):
        for chunk in request.body.chunks(request.limits.transfer_pace):
            receiver.write(chunk)
        receiver.commit()
    request.desk.object_stored(sha, healed=there)
    return OK
