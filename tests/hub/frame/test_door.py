"""What is no request at all is answered as JSON too (hub-wire 0.7)."""

import asyncio
import json

import pytest
from aiohttp import web

from surefoot.hub.frame.door import Door

NO_REQUESTS = [
    b"GARBAGE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"BREW /x HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
    b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
]


async def ask(sent):
    async def handler(request):
        return web.json_response({})

    loop = asyncio.get_running_loop()
    server = web.Server(handler)
    listener = await loop.create_server(lambda: Door(server, loop=loop), "127.0.0.1", 0)
    try:
        port = listener.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        await writer.wait_closed()
        return answer
    finally:
        listener.close()
        await server.shutdown(1)


@pytest.mark.parametrize("sent", NO_REQUESTS, ids=lambda sent: repr(sent[:20]))
def test_what_is_no_request_is_refused_as_json_without_an_echo(sent, caplog):
    answer = asyncio.run(ask(sent))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == b"400"
    assert b"application/json" in head
    assert json.loads(body)["code"] == 400
    assert b"aaaa" not in body
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_request_is_still_answered():
    sent = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert asyncio.run(ask(sent)).startswith(b"HTTP/1.1 200 OK")
