"""Real gateways, by the configurations that the documentation gives, protect a small upstream."""

import http.client
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.run import find, free_port

pytestmark = pytest.mark.server

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "docs" / "gateways"
PATIENCE = 20.0


class Upstream(BaseHTTPRequestHandler):
    """Answers with the headers it got."""

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's own naming

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


FILES = {"nginx": "nginx.conf", "caddy": "Caddyfile", "envoy": "envoy.yaml"}
COMMANDS = {
    "nginx": ["-p", "{folder}", "-c", "{file}", "-e", "{folder}/log"],
    "caddy": ["run", "--adapter", "caddyfile", "--config", "{file}"],
    "envoy": ["--concurrency", "1", "--disable-hot-restart", "--log-level", "warning", "-c", "{file}"],
}
NAMES = [name for name in FILES if name != "envoy" or find(name)]  # `make test` does without Envoy


def started(name, folder, keyhouse, upstream):
    """A gateway by its example, with the example's addresses replaced by ours; the process and where it listens."""
    port, file = free_port(), folder / FILES[name]
    text = (EXAMPLES / FILES[name]).read_text()
    for example, ours in {8000: keyhouse.rpartition(":")[2], 9000: upstream, 8080: port}.items():
        text = re.sub(rf"127\.0\.0\.1(:|, port_value: ){example}", rf"127.0.0.1\g<1>{ours}", text)
    if name == "nginx":
        text = f"daemon off; pid {folder}/pid; error_log {folder}/log;\n" + text.replace(
            "http {", HTTP.format(folder), 1
        )
    file.write_text(text)
    command = [find(name), *(word.format(folder=folder, file=file) for word in COMMANDS[name])]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/usr/sbin:/bin:/sbin"}
    with (folder / "out").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    return process, f"http://127.0.0.1:{port}"


HTTP = """http {{
    access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;
    uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
"""


def listening(url):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status, _body = ask(url)
        if status:
            return url
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at {url}")


def ask(url, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, {}
    except OSError:
        return 0, {}


@pytest.fixture(scope="module", params=NAMES)
def gateway(request, server, upstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o777)  # nginx's workers are nobody
    process, url = started(request.param, folder, urlsplit(server.url).netloc, upstream)
    yield listening(url)
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def keys(server):
    return json.loads(server.manage("createorg", "Gateways", "--admin", "ada@gateways.example", "--keys"))


def test_a_good_key_passes_and_the_upstream_learns_whose_it_is_but_not_the_key(gateway, keys):
    status, heard = ask(f"{gateway}/api/v2/series", DD_API_KEY=keys["api_key"])

    assert (status, heard["x-organization-id"]) == (200, keys["org_id"])
    assert heard["x-credential-id"]
    assert keys["api_key"] not in json.dumps(heard)


def test_a_body_passes_too(gateway, keys):
    assert ask(f"{gateway}/api/v2/series", b"{}" * 5000, DD_API_KEY=keys["api_key"])[0] == 200


def test_what_a_client_says_of_itself_is_replaced(gateway, keys):
    names = ("X-Credential-Id", "X-Credential-Kind", "X-Organization-Id", "X-Owner-Id", "X-Scopes")
    forged = {spelled: "forged" for name in names for spelled in (name, name.replace("-", "_"))}
    connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=30)
    connection.request("GET", "/", headers=forged | {"DD-API-KEY": keys["api_key"]})
    heard = connection.getresponse().read().decode()
    connection.close()

    assert keys["org_id"] in heard
    assert "forged" not in heard


def test_none_is_401_and_so_is_an_unknown_one(gateway):
    assert ask(gateway)[0] == 401
    assert ask(gateway, DD_API_KEY="0" * 32)[0] == 401


def test_another_kind_is_403_and_a_client_cannot_talk_its_way_in(gateway, keys):
    key = keys["application_key"]

    assert ask(gateway, DD_APPLICATION_KEY=key)[0] == 403
    assert ask(f"{gateway}/?accept=application_key", DD_APPLICATION_KEY=key)[0] == 403
    assert ask(f"{gateway}/;accept=application_key", DD_APPLICATION_KEY=key)[0] == 403
    assert ask(gateway, DD_APPLICATION_KEY=key, X_Original_URI="/?accept=application_key")[0] == 403


def test_a_client_token_is_found_in_the_original_query(gateway, keys):
    assert ask(f"{gateway}/api/v2/logs?dd-api-key={keys['api_key']}&ddsource=browser")[0] == 200


def test_a_revoked_key_is_refused_from_the_next_request_on(gateway, server, keys):
    headers = {"DD-API-KEY": keys["api_key"], "DD-APPLICATION-KEY": keys["application_key"]}
    made = api(server, "POST", "/api/v2/api_keys", headers, {"type": "api_keys", "attributes": {"name": gateway}})
    before = ask(gateway, DD_API_KEY=made["attributes"]["key"])[0]
    api(server, "DELETE", f"/api/v2/api_keys/{made['id']}", headers)

    assert (before, ask(gateway, DD_API_KEY=made["attributes"]["key"])[0]) == (200, 401)


def api(server, method, path, headers, data=None):
    body = json.dumps({"data": data}).encode() if data else None
    headers = headers | {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(server.url + path, body, headers, method=method)) as answer:
        return json.loads(answer.read() or b"{}").get("data")


@pytest.mark.parametrize("name", NAMES)
def test_without_keyhouse_nobody_passes(name, upstream, keys, tmp_path):
    tmp_path.chmod(0o777)
    process, url = started(name, tmp_path, f"127.0.0.1:{free_port()}", upstream)
    try:
        assert ask(listening(url), DD_API_KEY=keys["api_key"])[0] in {500, 502, 503}
    finally:
        process.terminate()
        process.wait(20)
