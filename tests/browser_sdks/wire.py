"""A TLS terminator that keeps what passes: the bytes a browser sent and those it was answered, before anything of ours
has touched them."""

import asyncio
import contextlib
import datetime
import ssl
import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("keys.example", "shop.example", "*.datadoghq.com", "browser-intake-datadoghq.com")


class Message(NamedTuple):
    """A request or an answer: its first line, its headers by lower-case name, its body."""

    first: str
    headers: dict[str, str]
    body: bytes

    @property
    def method(self):
        return self.first.split()[0]

    @property
    def target(self):
        return self.first.split()[1]

    @property
    def status(self):
        return int(self.first.split()[1])


class Exchange(NamedTuple):
    """A request and its answer, None while there is none."""

    request: Message
    answer: Message | None


@dataclass
class _Connection:
    sent: bytearray = field(default_factory=bytearray)
    answered: bytearray = field(default_factory=bytearray)


class Wire:
    """Listens with TLS on a port of its own and passes everything on to a port in the clear; `close` ends it."""

    def __init__(self, to_port, folder):
        self._to, self._tls = to_port, _tls(folder)
        self._connections = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls, backlog=512)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]

    def exchanges(self):
        """Every whole request so far, with its answer."""
        found = []
        for connection in list(self._connections):
            requests, answers = _messages(bytes(connection.sent)), _messages(bytes(connection.answered))
            found += [Exchange(one, answers[i] if i < len(answers) else None) for i, one in enumerate(requests)]
        return found

    def raw(self):
        """Every byte so far, of both directions."""
        return b"".join(bytes(one.sent) + bytes(one.answered) for one in list(self._connections))

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self):
        self._server.close()
        mine = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    async def _serve(self, reader, writer):
        kept = _Connection()
        self._connections.append(kept)
        with contextlib.suppress(OSError):
            there, onward = await asyncio.open_connection("127.0.0.1", self._to)
            await asyncio.gather(_pipe(reader, onward, kept.sent), _pipe(there, writer, kept.answered))


async def _pipe(reader, writer, kept):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            kept += data
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


def _messages(data):
    """The whole HTTP/1.1 messages that the data begins with."""
    found = []
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            return found
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            body, rest = _chunked(rest)
        else:
            length = int(headers.get("content-length", 0))
            body, rest = (rest[:length], rest[length:]) if len(rest) >= length else (None, b"")
        if body is None:
            return found
        found.append(Message(first, headers, body))
        data = rest


def _chunked(data):
    """A chunked body and what follows it; None while it is not whole."""
    body = b""
    while True:
        line, end, data = data.partition(b"\r\n")
        if not end:
            return None, b""
        size = int(line.split(b";")[0], 16)
        if len(data) < size + 2:
            return None, b""
        body, data = body + data[:size], data[size + 2 :]
        if not size:
            return body, data


def _tls(folder):
    """For all the names of the tests, by a certificate that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Keyhouse's tests")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName(one) for one in NAMES])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "tls.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
