"""What each client reads of an answer: what a replay compares (hub-wire 3 to 9, recorded/README).

A field is named with dots (`progress.status`), `*` for each element of an array. Of what a client
does not read nothing is said here: the Hub is free in it.
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    SAME = auto()  # equal to the recorded value, with ids, sums and hosts replaced
    TEXT = auto()  # a string that is not empty
    STRING = auto()
    NUMBER = auto()  # an integer
    TIME = auto()  # RFC 3339
    OBJECT = auto()
    NOT_EMPTY = auto()  # may be left out, but neither null nor ""
    NOT_NULL = auto()  # may be left out, but not null
    PUT_URL = auto()  # has /local-s3 in its path (0.4)
    GET_URL = auto()  # of this Hub, without a query (0.3)
    CHALLENGE = auto()  # where to log in, as pvr takes it apart (2.3)


class Shape(Enum):
    OBJECT = auto()
    FIRST = auto()  # of an array's elements only the first; an empty array is compared as that
    COUNT = auto()  # whether an array is empty
    META = auto()  # equal to the recorded one, once a null is as good as no key (3.4)
    WHOLE = auto()  # the JSON value, equal to the recorded one
    BLOB = auto()  # the bytes that have the recorded sum
    TOKEN = auto()  # a login: `token`, and for the C device nothing after it (0.1)
    STATUS = auto()  # the status alone, and a body that is JSON or empty (0.7)


@dataclass(frozen=True)
class Row:
    shape: Shape
    fields: dict[str, Kind] = field(default_factory=dict)
    headers: dict[str, Kind] = field(default_factory=dict)


SAME, TEXT, STRING, NUMBER, TIME = Kind.SAME, Kind.TEXT, Kind.STRING, Kind.NUMBER, Kind.TIME

PLACE = {
    "id": SAME, "sha256sum": SAME, "size": SAME, "sizeint": SAME, "objectname": TEXT,
    "storage-id": TEXT, "owner": SAME, "mime-type": TEXT, "time-created": TIME,
    "time-modified": TIME, "signed-puturl": Kind.PUT_URL, "signed-geturl": Kind.GET_URL,
    "now": TEXT, "expire-time": TEXT,
}  # fmt: skip
STEP = {
    "id": SAME, "owner": SAME, "device": SAME, "trail-id": SAME, "rev": SAME, "step-time": TIME,
    "progress-time": TIME, "time-created": TIME, "time-modified": TIME, "state": SAME,
    "commit-msg": SAME, "progress": Kind.NOT_NULL, "progress.status": SAME,
    "progress.status-msg": Kind.NOT_NULL, "progress.logs": Kind.NOT_NULL,
    "progress.downloads": Kind.NOT_NULL,
}  # fmt: skip
ID = "[^/]+"

C_DEVICE = {
    "POST /devices/": Row(
        Shape.OBJECT,
        {"id": TEXT, "prn": TEXT, "secret": TEXT, "owner": SAME, "challenge": Kind.NOT_EMPTY},
    ),
    "POST /auth/login": Row(Shape.TOKEN),
    f"GET /devices/{ID}": Row(
        Shape.OBJECT, {"id": SAME, "prn": SAME, "owner": SAME, "challenge": Kind.NOT_EMPTY}
    ),
    "GET /trails/": Row(Shape.COUNT),
    "POST /objects/": Row(
        Shape.OBJECT, {"sha256sum": SAME, "size": SAME, "signed-puturl": Kind.PUT_URL}
    ),
    "PUT /local-s3/.*": Row(Shape.STATUS),
    "POST /trails/": Row(Shape.STATUS),
    f"GET /trails/{ID}/steps": Row(
        Shape.FIRST,
        {"rev": SAME, "state": SAME, "commit-msg": SAME, "progress.status": SAME,
         "progress.retries": SAME},
    ),
    f"PUT /trails/{ID}/steps/{ID}/progress": Row(Shape.STATUS),
    f"GET /objects/{ID}": Row(
        Shape.OBJECT, {"sha256sum": SAME, "size": SAME, "signed-geturl": Kind.GET_URL}
    ),
    "GET /local-s3/.*": Row(Shape.BLOB),
    f"GET /devices/{ID}/user-meta": Row(Shape.META),
    f"PUT /devices/{ID}/device-meta": Row(Shape.STATUS),
    "POST /logs/": Row(Shape.STATUS),
}  # fmt: skip

MOCKER = {
    "POST /devices/": Row(
        Shape.OBJECT, {"prn": TEXT, "secret": TEXT, "challenge": Kind.NOT_EMPTY, "owner": SAME}
    ),
    "POST /auth/login": Row(Shape.TOKEN),
    f"GET /devices/{ID}": Row(Shape.OBJECT, {"owner": SAME, "challenge": Kind.NOT_EMPTY}),
    "POST /trails/": Row(Shape.STATUS),
    f"GET /trails/{ID}/steps/{ID}": Row(Shape.OBJECT, STEP),
    f"PUT /trails/{ID}/steps/{ID}/progress": Row(Shape.STATUS),
    f"GET /trails/{ID}/steps/{ID}/objects": Row(
        Shape.OBJECT,
        {f"*.{name}": kind for name, kind in PLACE.items() if name != "signed-puturl"},
    ),
    "GET /local-s3/.*": Row(Shape.BLOB),
    f"GET /devices/{ID}/user-meta": Row(Shape.META),
    f"PATCH /devices/{ID}/device-meta": Row(Shape.STATUS),
    "POST /logs/": Row(Shape.STATUS),
    f"POST /devices/{ID}/ownership/validate": Row(Shape.OBJECT, {"status": SAME}),
}

POSTED = Row(Shape.OBJECT, {"rev": NUMBER, "state-sha": TEXT, "trail-id": TEXT})
ANNOUNCED = Row(
    Shape.OBJECT,
    {"id": TEXT, "sha256sum": TEXT, "size": TEXT, "signed-puturl": Kind.PUT_URL},
    {"pantahub-object-type": TEXT},
)
REMOTE = Row(
    Shape.OBJECT,
    {"pvr-spec": SAME, "json-get-url": SAME, "json-key": SAME, "objects-endpoint": SAME,
     "post-url": SAME, "post-fields": Kind.NOT_EMPTY},
)  # fmt: skip
PVR = {
    "GET /auth/auth_status": Row(Shape.OBJECT, {"nick": SAME, "prn": SAME, "type": SAME}),
    "POST /auth/login": Row(Shape.TOKEN),
    f"GET /trails/{ID}/.pvrremote": REMOTE,
    f"GET /trails/{ID}/steps/{ID}/.pvrremote": REMOTE,
    f"GET /trails/{ID}/steps/{ID}/state": Row(Shape.WHOLE),
    f"POST /trails/{ID}/steps/{ID}/objects/": ANNOUNCED,
    "POST /objects/": ANNOUNCED,
    "PUT /local-s3/.*": Row(Shape.STATUS),
    f"POST /trails/{ID}/steps": POSTED,
    f"GET /trails/{ID}/steps/{ID}": Row(Shape.OBJECT, {**STEP, "state-sha": TEXT}),
    f"PUT /trails/{ID}/steps/{ID}/state": Row(Shape.WHOLE),
    "GET /trails/summary": Row(
        Shape.OBJECT,
        {"*.deviceid": SAME, "*.device-nick": SAME, "*.revision": NUMBER,
         "*.progress-revision": SAME, "*.status": SAME, "*.state-sha": SAME, "*.timestamp": TIME,
         "*.real-ip": SAME, "*.status-msg": STRING},
    ),
    f"GET /devices/{ID}": Row(
        Shape.OBJECT,
        {"id": SAME, "prn": SAME, "nick": SAME, "owner": SAME, "owner-nick": SAME, "public": SAME,
         "time-created": TIME, "time-modified": TIME, "user-meta": SAME, "device-meta": SAME},
    ),
    f"PATCH /devices/{ID}/user-meta": Row(Shape.WHOLE),
    "POST /devices/": Row(Shape.OBJECT, {"id": TEXT, "prn": TEXT, "nick": SAME, "secret": TEXT}),
    "POST /trails/": Row(Shape.STATUS),
    f"PUT /devices/{ID}": Row(Shape.OBJECT, {"id": TEXT, "owner": SAME}),
    "GET /logs/": Row(
        Shape.OBJECT,
        {"next-cursor": TEXT, "entries.*.time-created": TIME, "entries.*.dev": SAME,
         "entries.*.rev": SAME, "entries.*.plat": SAME, "entries.*.src": SAME,
         "entries.*.msg": SAME, "entries.*.lvl": TEXT},
    ),
    "POST /logs/cursor": Row(Shape.OBJECT, {"entries": Kind.NOT_NULL}),
}  # fmt: skip

READ = {"device": C_DEVICE, "mocker": MOCKER, "pvr": PVR}
# pvr takes these apart on a 401 (2.3), whatever it asked.
REFUSED = Row(Shape.STATUS, headers={"www-authenticate": Kind.CHALLENGE})
STATUS = Row(Shape.STATUS)
