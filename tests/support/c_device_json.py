"""How the C device reads JSON: tokens in a row, the first that looks right (hub-wire 0.1, 0.5)."""

import json
import re
from dataclasses import dataclass

TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{\[]|[}\]]|[^\s,:{}\[\]"]+')


@dataclass
class Token:
    """`text`: of a string what is between its quotes, escapes untouched; else as it stands."""

    kind: str  # string, object, array or primitive
    text: str
    depth: int
    start: int


def tokens(text: str) -> list[Token]:
    """In the order of the document; a container stands before what it contains."""
    found: list[Token] = []
    open_: list[Token] = []
    for match in TOKEN.finditer(text):
        piece = match[0]
        if piece in "}]":
            closed = open_.pop()
            closed.text = text[closed.start : match.end()]
            continue
        kind = {"{": "object", "[": "array", '"': "string"}.get(piece[0], "primitive")
        said = match[1] if kind == "string" else piece
        found.append(Token(kind, said, len(open_), match.start()))
        if piece in "{[":
            open_.append(found[-1])
    if open_:
        raise ValueError("the JSON ends early")
    return found


def find(text: str, name: str) -> str | None:
    """The token after the first string `name`, be that a key or a value, at any depth.

    A hit directly followed by the same word counts from there (recorded/README.md).
    """
    is_armed = False
    for token in tokens(text):
        if token.kind == "string" and token.text == name:
            is_armed = True
        elif is_armed:
            return token.text
    return None


def find_text(text: str, name: str) -> str:
    """`find` for a plain string; "" when it is not there."""
    found = find(text, name)
    return json.loads(f'"{found}"') if found else ""


def find_token(text: str) -> str | None:
    """The access token as the old client takes it: each string beginning with `token` arms, each
    other string after that overwrites (hub-wire 0.1)."""
    is_armed, found = False, None
    for token in tokens(text):
        if token.kind == "string":
            if token.text.startswith("token"):
                is_armed = True
            elif is_armed:
                found = token.text
    return found


def elements(text: str) -> list[str]:
    """The texts of an array's elements. Raises ValueError when it is none."""
    found = tokens(text)
    if not found or found[0].kind != "array":
        raise ValueError("not an array")
    return [token.text for token in found[1:] if token.depth == 1]


def members(text: str) -> dict[str, str]:
    """An object's members: their texts as they stand (a string's without quotes)."""
    found = tokens(text)
    if not found or found[0].kind != "object":
        raise ValueError("not an object")
    row = [token for token in found[1:] if token.depth == 1]
    return {key.text: value.text for key, value in zip(row[::2], row[1::2], strict=True)}
