"""How much and how slowly a client may send, and how many are served at once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """The slowest that a sender may be.

    `stall_s`: the longest silence. `grace_s`: time in which it may be as slow as it likes; after
    that the average since the start must reach `floor` bytes a second (0: it must be through).
    """

    grace_s: float
    stall_s: float
    floor: int = 0

    def allowance_s(self, received: int) -> float:
        """Seconds since the start after which this many bytes are too few."""
        return self.grace_s + (received / self.floor if self.floor else 0.0)


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes. The paces leave room for a person's modem at the other end of a pipe."""

    request_line: int = 8 * 1024
    head: int = 32 * 1024
    state: int = 16 * 1024 * 1024
    small_body: int = 64 * 1024
    commit_message: int = 256
    tail_lines: int = 10_000

    # A request is served in the lane of commands unless its route says otherwise; a transfer or a
    # stream leaves that lane, so no number of them delays a command.
    commands: int = 16
    # Of the places for commands, those that containers together leave to the host.
    for_host: int = 4
    transfers: int = 8
    streams: int = 16
    refusals: int = 8
    per_container: int = 6
    waiting: int = 64

    @property
    def for_containers(self) -> int:
        """How many places for commands all containers together may hold.

        At least half of them, and one, however few there are.
        """
        return max(1, self.commands // 2, self.commands - self.for_host)

    # `idle`: before the first byte of a request, on a new connection or one that is kept open.
    idle_pace: Pace = Pace(grace_s=10, stall_s=10)
    head_pace: Pace = Pace(grace_s=10, stall_s=10)
    body_pace: Pace = Pace(grace_s=30, stall_s=30, floor=1024)
    transfer_pace: Pace = Pace(grace_s=120, stall_s=60, floor=1024)
    linger_pace: Pace = Pace(grace_s=5, stall_s=5, floor=1024 * 1024)
    refusal_pace: Pace = Pace(grace_s=1, stall_s=1)
    # A reader that takes nothing for so long is cut.
    send_stall_s: float = 30.0
