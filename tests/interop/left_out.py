"""What of the recordings is not replayed as it stands, and why. Nothing is left out elsewhere."""

from dataclasses import dataclass

# Whole recordings.
RECORDINGS = {
    "device-c-bad-spec": "its step has an unknown #spec, which our Hub takes from nobody, so that"
    " no device is offered one (test_c_device: refused with a reason)",
    "device-c-long-token": "the recording Hub's tokens are too long; how long ours may get is in"
    " test_c_device",
    "device-c-wrong-certificate-register": "no exchange: the old client refuses the certificate",
    "mocker-logs-refused": "nothing but one 503 by order",
}


@dataclass(frozen=True)
class Skip:
    """Exchanges that are not sent: `request` is a regular expression on `METHOD /path`."""

    recording: str
    request: str
    status: int
    reason: str
    indexes: frozenset[int] = frozenset()  # these alone; all when empty


@dataclass(frozen=True)
class Otherwise:
    """Exchanges that are sent, and that our Hub answers otherwise on purpose.

    `status`: ours; `fields`: not compared.
    """

    recording: str
    request: str
    recorded: int
    reason: str
    status: int | None = None
    fields: frozenset[str] = frozenset()
    indexes: frozenset[int] = frozenset()


SKIPPED = (
    Skip("device-c-hub503", ".*", 503, "503 by order"),
    Skip("device-c-unclaimed-503", "GET /devices/.*", 503, "503 by order"),
    Skip("device-c-wontgo", "GET /local-s3/.*", 503, "503 by order"),
    Skip("device-c-wrong-bytes", "GET /local-s3/.*", 200, "other bytes by order", frozenset({20})),
    Skip("device-c-put-201", "PUT /local-s3/.*", 201, "201 by order, and nothing stored"),
    Skip("mocker-update-badblob", "GET /local-s3/.*", 200, "other bytes by order"),
    Skip("mocker-update-blob404", "GET /local-s3/.*", 404, "404 by order"),
)

OTHERWISE = (
    Otherwise(
        "device-c-hijack", "PUT /trails/.*/steps/committer/progress", 400,
        "only a misled device asks this; a step that is not there is a 404 here", 404,
    ),
    Otherwise(
        "mocker-tls-ownership", "POST /devices/.*/ownership/validate", 200,
        "not in the reference (hub-wire 3): for client certificates of a closed service", 404,
    ),
    Otherwise(
        "mocker-update-cancel-ref", "GET /trails/.*/steps/5", 200,
        "CANCEL is the reference's word; ours shows CANCELLED (R14)",
        fields=frozenset({"progress.status"}),
    ),
)  # fmt: skip

# What the owner did in a recording and our Hub refuses him.
REFUSED_EVENTS = {
    "device-c-cancel-running": (
        "the Hub marks the running step CANCEL", 409, "what is armed cannot be cancelled (R14)",
    ),
}  # fmt: skip

# Exchanges that the recording Hub refused without a cause in the protocol: they are sent with a
# spoilt token and a wrong secret.
SPOILT = {
    "mocker-unauthorized": (frozenset({5, 6, 7, 8}), "401 by order"),
}

# Events that need nothing done.
NO_DEED = {
    "Hub rule": "a fault ordered by the recording Hub: see SKIPPED and OTHERWISE",
    "answers normal again": "the end of such a fault",
    "every answer is 503 from here": "see SKIPPED",
    "connection broken": "the recording Hub's own view",
    "connection ended in the TLS handshake": "a client that refused a certificate",
    "listener closed (connections refused)": "nothing was sent meanwhile",
    "listener open again": "nothing was sent meanwhile",
    "login answers carry token_type and expires_in after token": "ours never do",
    "scenario gave up waiting": "the recording ends",
    "scenario limit reached": "the recording ends",
    "steps are sent in the order rev, progress, commit-msg, state, rest": "ours has its own order",
    "steps are sent in the order rev, progress, state, commit-msg, rest": "ours has its own order",
    "the steps answer has a space after each comma and colon": "the step is posted so",
}
