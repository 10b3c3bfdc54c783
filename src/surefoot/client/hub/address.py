"""Addresses and header fields: what may be asked, and where an answer may send us."""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from surefoot.client.hub.transfer import Asked
from surefoot.errors import InvalidInput

_URL = re.compile(r"https?://[!-~]+")


def check(url: str, fields: Mapping[str, str]) -> None:
    """Much of it comes from a Hub: no line break in it may begin another field."""
    if not _is_url(url):
        raise InvalidInput(f"{url[:200]!r} is no address that can be asked")
    for name, value in fields.items():
        if not (value.isascii() and value.isprintable()):
            raise InvalidInput(f"What is to be sent as {name} is no printable ASCII")


def _is_url(url: str) -> bool:
    try:
        return bool(_URL.fullmatch(url) and urlsplit(url).port != 0 and urlsplit(url).hostname)
    except ValueError:
        return False


def may_follow(url: str, target: str) -> bool:
    """From https never to anything less; nor to what `check` would refuse."""
    return _is_url(target) and (target.startswith("https:") or not url.startswith("https:"))


def sent_on(asked: Asked, target: str) -> Asked:
    """What names the caller stays with the host that it was meant for."""
    fields = dict(asked.headers)
    if origin(target) != origin(asked.url):
        fields.pop("Authorization", None)
    return replace(asked, url=target, headers=fields)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
