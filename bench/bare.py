"""Floors for the Hub: processes that do one of its jobs and nothing else.

    python bench/bare.py nothing PORT              aiohttp that answers every call `[]`
    python bench/bare.py take PORT FILE [CERT KEY] one PUT, hashed and written to FILE
    python bench/bare.py give PORT FILE [CERT KEY] FILE for one GET

Each prints a line once it listens.
"""

import asyncio
import hashlib
import os
import socket
import ssl
import sys

import uvloop
from aiohttp import web

PIECE = 512 * 1024


def nothing(port):
    async def answer(_request):
        return web.Response(body=b"[]", content_type="application/json")

    async def serve():
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(port)).start()
        print("here", flush=True)
        await asyncio.Event().wait()

    uvloop.run(serve())


def take(port, place, *pair):
    with _peer(port, pair) as peer, open(place, "wb", buffering=0) as file:
        head, _, rest = _head(peer)
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * (b"100-continue" in head))
        left, digest = _length(head), hashlib.sha256()
        piece = rest
        buffer = bytearray(PIECE)
        while left:
            digest.update(piece)
            file.write(piece)
            left -= len(piece)
            size = peer.recv_into(buffer, min(left, PIECE)) if left else 0
            piece = memoryview(buffer)[:size]
        os.fdatasync(file.fileno())
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def give(port, place, *pair):
    with _peer(port, pair) as peer, open(place, "rb") as file:
        _head(peer)
        size = os.fstat(file.fileno()).st_size
        peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        if not pair:
            peer.sendfile(file)
        while pair and (piece := file.read(PIECE)):
            peer.sendall(piece)


def _peer(port, pair):
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        print("here", flush=True)
        peer, _ = listener.accept()
    if not pair:
        return peer
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    return context.wrap_socket(peer, server_side=True)


def _head(peer):
    said = b""
    while b"\r\n\r\n" not in said:
        said += peer.recv(65536)
    return said.partition(b"\r\n\r\n")


def _length(head):
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next(int(value) for name, _, value in lines if name == b"content-length")


if __name__ == "__main__":
    {"nothing": nothing, "take": take, "give": give}[sys.argv[1]](*sys.argv[2:])
