"""What may be wrong, in words, and what a repair does about it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    DATABASE = "database"
    WRONG_BYTES = "wrong-bytes"
    NO_BYTES = "no-bytes"
    WRONG_SIZE = "wrong-size"
    NO_OBJECT = "no-object"
    NOT_KEPT = "not-kept"
    WRONG_SUM = "wrong-sum"
    UNNAMED = "unnamed"


@dataclass(frozen=True)
class Meaning:
    """`remedy`: what a repair does, "" when it can do nothing."""

    text: str
    remedy: str
    is_problem: bool = True


MEANINGS: dict[Kind, Meaning] = {
    Kind.DATABASE: Meaning("the database: {detail}", ""),
    Kind.WRONG_BYTES: Meaning(
        "object {sha} has other bytes than its name says",
        "removes it, so that whoever has it sends it again",
    ),
    Kind.NO_BYTES: Meaning(
        "object {sha} of account {owner} has no bytes here",
        "marks it as not here, so that it is asked for again",
    ),
    Kind.WRONG_SIZE: Meaning(
        "object {sha} of account {owner} is noted with a wrong size", "notes the right one"
    ),
    Kind.NO_OBJECT: Meaning(
        "step {detail} names object {sha}, which its owner's account has lost",
        "gives it back to the account",
    ),
    Kind.NOT_KEPT: Meaning(
        "step {detail} names object {sha}, which is not here: send it again", ""
    ),
    Kind.WRONG_SUM: Meaning(
        "account {owner} is noted with a wrong sum of its objects' bytes", "adds them up anew"
    ),
    Kind.UNNAMED: Meaning(
        "object {sha} belongs to nobody; the Hub clears it away in time",
        "removes it",
        is_problem=False,
    ),
}


@dataclass(frozen=True)
class Finding:
    """`owner`: an account's id. `detail`: a step as `TRAIL/REV`, or SQLite's words."""

    kind: Kind
    sha: str = ""
    owner: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        words = {"sha": self.sha, "owner": self.owner, "detail": self.detail}
        return MEANINGS[self.kind].text.format(**words)

    @property
    def remedy(self) -> str:
        return MEANINGS[self.kind].remedy

    @property
    def is_problem(self) -> bool:
        return MEANINGS[self.kind].is_problem
