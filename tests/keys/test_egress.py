"""Which addresses this server connects to for somebody else."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from accounts.refusals import NotAllowed
from keys import egress, resolving

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - not to be connected to
    "192.0.0.8",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::1]",
    "[2002:a00:1::]",
    "[2001::1]",
    "[2001:db8::1]",
    "[5f00::1]",
    "[fec0::1]",
    "[::10.0.0.1]",
    "[::ffff:0:10.0.0.1]",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_what_is_not_public_is_closed(host):
    assert not egress.is_open(host, 443)
    with pytest.raises(NotAllowed):
        egress.checked(f"https://{host}/x", field="address")


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:2800:21f:cb07::1]"])
def test_what_is_public_is_open_on_the_port_for_https_alone(host):
    assert egress.is_open(host, 443)
    assert not egress.is_open(host, 8443)
    assert not egress.is_open(host, 22)


def test_of_another_port_it_is_said_that_it_is_the_port():
    with pytest.raises(NotAllowed, match="Only port 443 is allowed"):
        egress.checked("https://intake.example.com:8443", field="address")


def test_an_operator_may_open_a_network_with_all_its_ports(settings):
    settings.EGRESS_ALLOW = [ipaddress.ip_network("10.0.0.0/8")]

    assert egress.is_open("10.1.2.3", 8125)
    assert egress.is_open("[::ffff:10.1.2.3]", 8125)
    assert not egress.is_open("192.168.1.1", 443)
    assert egress.checked("http://10.1.2.3:8125/", field="address") == "http://10.1.2.3:8125"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "intake.example.com",
        "http://intake.example.com",
        "ftp://intake.example.com",
        "https://",
        "https://user:secret@intake.example.com",
        "https://intake.example.com/#x",
        "https://localhost/x",
        "https://localhost./x",
        "https://api.localhost",
        "https://intranet",
        "https://intake..example.com",
        "https://" + "a" * 64 + ".example.com",
        "https://" + "a." * 130 + "example.com",
        "https://intake.example.com:99999",
        "https://int ake.example.com",
        "https://intake.example.com/\r\nX: y",
        "https://\u0131ntake.example.com",
        "https://[::1",
        "https://" + "a" * 600 + ".example.com",
        "//intake.example.com",
        "https://2130706433",
        "https://127.1",
        "https://intake.example.com:0",
        "file:///etc/passwd",
    ],
)
def test_what_can_never_be_reached_is_refused_by_name(address):
    with pytest.raises(NotAllowed) as refusal:
        egress.checked(address, field="address")

    assert refusal.value.field == "address"


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"x" * (70_000 if self.path == "/large" else 5))

    def log_message(self, *_args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetched(address):
    async def fetch():
        async with egress.session() as client:
            return await egress.fetch(client, address)

    return asyncio.run(fetch())


@pytest.fixture
def chatty():
    """Says that an answer is to come, and says it again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def talk():
        connection, _ = listener.accept()
        with contextlib.suppress(OSError), connection:
            while not stopped.is_set():
                connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    stopped.set()
    thread.join(5)
    listener.close()


@pytest.fixture
def opened(settings):
    settings.EGRESS_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]


def test_what_is_open_is_fetched(site, opened):
    assert fetched(f"{site}/") == b"xxxxx"


@pytest.mark.parametrize(("path", "words"), [("/moved", "302"), ("/large", "64 KiB")])
def test_no_redirect_is_followed_and_no_more_is_read_than_is_wanted(path, words, site, opened):
    with pytest.raises(egress.NotReached, match=words):
        fetched(site + path)


def test_one_that_only_promises_an_answer_is_given_up(chatty, opened):
    with pytest.raises(egress.NotReached):
        fetched(chatty)


def test_a_dead_name_is_not_looked_for_again_and_holds_nobody_up(monkeypatch):
    asked, hanging = [], threading.Event()

    def look_up(host, *_args, **_kwargs):
        asked.append(host)
        hanging.wait(5 if host.startswith("slow") else 0)
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async def scene():
        resolver = resolving.Resolver()
        slow = [asyncio.ensure_future(resolver.resolve(f"slow{n}.example")) for n in range(8)]
        await asyncio.sleep(0)
        for _ in range(3):
            with pytest.raises(OSError, match=r"name|found"):
                await resolver.resolve("dead.example")
        assert not any(one.done() for one in slow)
        with pytest.raises(OSError, match="in time"):
            await slow[0]
        hanging.set()
        await asyncio.gather(*slow, return_exceptions=True)
        await resolver.close()

    monkeypatch.setattr(resolving.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(resolving, "SECONDS", 0.5)
    asyncio.run(scene())
    assert asked.count("dead.example") == 1


def test_an_address_is_judged_when_it_is_connected_to(site):
    with pytest.raises(egress.NotReached):
        fetched(f"{site}/")


def test_a_name_that_resolves_to_something_private_is_not_connected_to(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = {"hostname": "a.example", "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0}

        async def resolve(*_args, **_kwargs):
            return [found | {"flags": 0}]

        monkeypatch.setattr(resolving.Resolver, "resolve", resolve)
        monkeypatch.setattr(egress, "_HTTPS", port)
        with pytest.raises(egress.NotReached):
            fetched(f"https://a.example:{port}/")
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
