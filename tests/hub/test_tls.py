import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from surefoot.errors import Corrupt, NotFound
from surefoot.hub.certificates import Pair, server_pair
from surefoot.hub.settings import Settings
from surefoot.hub.tls import Tls, tls_of


def issue(place: Path) -> Pair:
    """By an authority of its own."""
    return server_pair(place, ["localhost", "127.0.0.1"])


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return issue(tmp_path / "first")


def replace(pair: Pair, made: Pair) -> None:
    """As a renewal does it: one file after the other, each in one step."""
    for old, new in ((pair.certificate, made.certificate), (pair.key, made.key)):
        shutil.copy(new, fresh := old.with_suffix(".new"))
        os.replace(fresh, old)


@asynccontextmanager
async def server(tls: Tls) -> AsyncIterator[int]:
    """Echoes; its port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    made = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=tls.context)
    async with made:
        yield made.sockets[0].getsockname()[1]


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def echoes(self) -> bool:
        self.writer.write(b"x")
        return await self.reader.readexactly(1) == b"x"

    @property
    def serial(self) -> int:
        found = self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return x509.load_der_x509_certificate(found).serial_number

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def connect(port: int, **settings: object) -> Client:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in settings.items():
        setattr(context, name, value)
    return Client(*await asyncio.open_connection("127.0.0.1", port, ssl=context))


def test_a_replaced_certificate_serves_new_connections_and_old_ones_go_on(
    pair: Pair, tmp_path: Path
) -> None:
    async def story() -> None:
        tls = Tls(lambda: pair)
        async with server(tls) as port:
            old = await connect(port)
            assert not tls.refresh()
            replace(pair, issue(tmp_path / "second"))
            assert tls.refresh()
            assert not tls.refresh()
            new = await connect(port)
            assert old.serial != new.serial
            assert await old.echoes()
            assert await new.echoes()
            await old.close()
            await new.close()

    asyncio.run(story())


def test_half_a_replacement_is_not_taken_and_is_told(
    pair: Pair, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls, second = Tls(lambda: pair), issue(tmp_path / "second")
    shutil.copy(second.certificate, pair.certificate)
    assert not tls.refresh()
    assert "are no certificate with its key" in caplog.text
    shutil.copy(second.key, pair.key)
    assert tls.refresh()


def test_a_missing_file_ends_nothing_once_there_was_one(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    tls = Tls(lambda: pair)
    pair.key.unlink()
    assert not tls.refresh()
    assert "the certificate of before is used on" in caplog.text


def test_a_first_one_that_cannot_be_used_is_an_error(pair: Pair) -> None:
    pair.key.write_text("no key")
    with pytest.raises(Corrupt, match="no certificate with its key"):
        Tls(lambda: pair)
    pair.key.unlink()
    with pytest.raises(NotFound, match="is not there"):
        Tls(lambda: pair)


def test_a_key_with_a_password_is_refused_and_nobody_is_asked(pair: Pair) -> None:
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(Corrupt, match="no certificate with its key"):
        Tls(lambda: pair)


def test_nothing_below_tls_1_2_is_spoken(pair: Pair) -> None:
    async def story() -> None:
        tls = Tls(lambda: pair)
        assert tls.context.minimum_version is ssl.TLSVersion.TLSv1_2
        async with server(tls) as port:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                client = await connect(port, minimum_version=version, maximum_version=version)
                assert await client.echoes()
                await client.close()

    asyncio.run(story())


def test_without_files_the_hub_s_own_authority_signs(tmp_path: Path) -> None:
    async def story() -> None:
        tls = tls_of(Settings(tmp_path))
        async with server(tls) as port:
            trusting = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
            for name in ("localhost", "127.0.0.1"):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=trusting, server_hostname=name
                )
                await Client(reader, writer).close()
        assert not tls.refresh()

    asyncio.run(story())


def test_with_files_no_authority_is_made(pair: Pair, tmp_path: Path) -> None:
    tls_of(Settings(tmp_path, certificate=pair.certificate, key=pair.key))
    assert not (tmp_path / "tls").exists()
