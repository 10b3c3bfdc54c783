"""The reference of the API, made from the rows that serve it: `/openapi.json`, and the page
`docs/reference/hub-api.md`."""

import functools
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp.web import StreamResponse

from surefoot import __version__
from surefoot.hub.frame.app import TABLE
from surefoot.hub.frame.call import Call
from surefoot.hub.frame.route import Access, Route

PART = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
SCHEMAS = "#/components/schemas/{name}"
WHO = {
    Access.BLIND: "anybody",
    Access.OPEN: "anybody",
    Access.READER: "any token",
    Access.MEMBER: "a user or a device",
    Access.USER: "a user",
    Access.DEVICE: "a device",
}


SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.BLIND: [],
    Access.OPEN: [{}, {"token": []}],
}


async def page(call: Call) -> StreamResponse:
    return call.answer(_document(call.request.app[TABLE]))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/openapi.json", page, Access.BLIND, "This API, as an OpenAPI document"),
)


@functools.lru_cache(maxsize=4)
def _document(routes: tuple[Route, ...]) -> bytes:
    return msgspec.json.encode(document(routes))


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    rows = list(routes)
    schemas, components = _schemas(rows)
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        operation = _operation(row, schemas.get(id(row)))
        paths.setdefault(plain(row.path), {})[row.method.lower()] = operation
    security = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Surefoot Hub", "version": __version__},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": security},
    }


def plain(path: str) -> str:
    """Without the patterns of its parts: `/devices/{device}`."""
    return PART.sub(r"{\1}", path)


def _schemas(rows: list[Route]) -> tuple[dict[int, Any], dict[str, Any]]:
    """Of each row that takes JSON, by the row's `id`; and the named types in them."""
    typed = [row for row in rows if row.body is not None and row.body is not bytes]
    found, components = msgspec.json.schema_components(
        [row.body for row in typed], ref_template=SCHEMAS
    )
    return {id(row): schema for row, schema in zip(typed, found, strict=True)}, components


def _operation(row: Route, schema: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": row.summary,
        "description": f"For {WHO[row.access]}.",
        "tags": [_room(row)],
        "security": SECURITY.get(row.access, [{"token": []}]),
        "responses": {"200": {"description": "Done"}, "default": {"description": "Refused"}},
    }
    if names := PART.findall(row.path):
        operation["parameters"] = [_parameter(name) for name in names]
    if row.body is bytes:
        operation["requestBody"] = {"content": {"application/octet-stream": {}}}
    elif schema is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _room(row: Route) -> str:
    """The first part of the path."""
    return plain(row.path).split("/")[1].partition(".")[0] or "/"


# ---- the page of the documentation -------------------------------------------------------------


def markdown(routes: Iterable[Route]) -> str:
    """A section for each first part of a path, one line a route. Ends with a line feed."""
    sections: dict[str, list[Route]] = {}
    for row in routes:
        sections.setdefault(_room(row), []).append(row)
    lines = [line for name in sorted(sections) for line in _section(name, sections[name])]
    return "\n".join(lines) + "\n"


def _section(name: str, rows: list[Route]) -> list[str]:
    table = ["| Request | For | What it does | Body |", "|---|---|---|---|"]
    return ["", f"## `/{name.strip('/')}`", "", *table, *(_line(row) for row in rows)]


def _line(row: Route) -> str:
    request = f"`{row.method} {plain(row.path)}`"
    return f"| {request} | {WHO[row.access]} | {row.summary} | {_takes(row)} |"


def _takes(row: Route) -> str:
    if row.body is None:
        return ""
    if row.body is bytes:
        return "bytes"
    if not (isinstance(row.body, type) and issubclass(row.body, msgspec.Struct)):
        return "JSON"
    fields = msgspec.structs.fields(row.body)
    return ", ".join(f"`{one.encode_name}`{'' if one.required else '?'}" for one in fields)
