"""The reference of the API, made from the rows that serve it."""

import json

import msgspec
import pytest

from surefoot.hub import openapi
from surefoot.hub.frame.route import Access, Route
from surefoot.hub.openapi import document, markdown, plain
from surefoot.hub.routes import ROUTES
from tests.support.hub_world import HubWorld


class Thing(msgspec.Struct, rename="kebab"):
    long_name: str
    size: int = 0


def row(method, path, access=Access.USER, body=None):
    return Route(method, path, openapi.page, access, "Do something", body)


ROWS = (
    row("GET", "/things", Access.OPEN),
    row("POST", "/things", body=Thing),
    row("PUT", "/things/{thing}/parts/{part:[0-9]+}", Access.DEVICE, bytes),
    row("PATCH", "/things/{thing}", body=dict),
    row("GET", "/healthz", Access.BLIND),
)


def test_every_row_is_an_operation_with_its_parts_and_its_body():
    made = json.loads(json.dumps(document(ROWS)))
    assert list(made["paths"]) == [
        "/things",
        "/things/{thing}/parts/{part}",
        "/things/{thing}",
        "/healthz",
    ]
    put = made["paths"]["/things/{thing}/parts/{part}"]["put"]
    assert [one["name"] for one in put["parameters"]] == ["thing", "part"]
    assert list(put["requestBody"]["content"]) == ["application/octet-stream"]
    assert put["description"] == "For a device."
    schema = made["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
    assert schema == {"schema": {"$ref": "#/components/schemas/Thing"}}
    thing = made["components"]["schemas"]["Thing"]
    assert set(thing["properties"]) == {"long-name", "size"}
    assert thing["required"] == ["long-name"]
    assert "requestBody" not in made["paths"]["/things"]["get"]


def test_it_says_where_a_token_is_needed():
    paths = document(ROWS)["paths"]
    assert paths["/healthz"]["get"]["security"] == []
    assert {} in paths["/things"]["get"]["security"]
    assert paths["/things"]["post"]["security"] == [{"token": []}]


def test_the_page_has_a_line_for_each_row():
    text = markdown(ROWS)
    assert text.endswith("|\n")
    assert text.count("\n## ") == 2
    assert "| `POST /things` | a user | Do something | `long-name`, `size`? |" in text
    assert "| `PUT /things/{thing}/parts/{part}` | a device | Do something | bytes |" in text
    assert "| `PATCH /things/{thing}` | a user | Do something | JSON |" in text
    assert "| `GET /things` | anybody | Do something |  |" in text


def test_every_access_has_its_words():
    assert set(openapi.WHO) == set(Access)


@pytest.mark.parametrize("path", ["/a/{b}", "/a/{b:[0-9]{3}}", "/a/{b:\\d+}/c"])
def test_patterns_are_left_out_of_paths(path):
    assert ":" not in plain(path)
    assert plain(path).startswith("/a/{b}")


def test_the_hub_serves_the_page_of_all_its_rows(tmp_path):
    with HubWorld(tmp_path) as world:
        for path in ("/openapi.json", "/openapi.json/"):
            reply = world.call("GET", path)
            assert reply.status == 200
            assert reply.headers["content-type"] == "application/json"
    served = {
        (method.upper(), path) for path, found in reply.json["paths"].items() for method in found
    }
    assert served == {(one.method, plain(one.path)) for one in ROUTES}
    lines = markdown(ROUTES)
    assert all(f"`{one.method} {plain(one.path)}`" in lines for one in ROUTES)
