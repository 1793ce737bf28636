"""A customer's site behind nginx: its pages, the SDKs' scripts, sign-in by a signed cookie, /rum-proxy/ passed on."""

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

import jwt

from tests.browser_sdks import packages
from tests.run import find, free_port

PATIENCE = 20.0
ISSUER, AUDIENCE, COOKIE = "https://shop.example", "keyhouse", "shop_session"
SHARED_KEY = "the key of the shop, which signs who its visitors are"

NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log; {user}
events {{ worker_connections 512; }}
http {{
    access_log off; client_max_body_size 16m;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    types {{ text/html html; text/css css; text/javascript js; }}
    default_type application/octet-stream;
    server {{
        listen 127.0.0.1:{port};
        charset utf-8;
        root {folder}/pages;
        location /sdk/ {{ alias {modules}/; }}
        location = /sign-in {{
            add_header Set-Cookie "{cookie}={proof}; Path=/; HttpOnly; Secure; SameSite=Strict";
            return 302 https://shop.example$arg_next;
        }}
        location /rum-proxy {{
            proxy_pass http://127.0.0.1:{keyhouse};
            proxy_set_header Host keys.example;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">
<h1 id="greeting">Welcome</h1>
<script src="/ledger.js"></script>
<script src="/sdk/{rum}"></script>
<script src="/sdk/{logs}"></script>
<script type="application/json" id="setup">{setup}</script>
<script src="/visit.js"></script>
"""


def proof(seconds=3600):
    """What the shop signs for a visitor."""
    claims = {"sub": "visitor 7", "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + seconds}
    return jwt.encode(claims, SHARED_KEY, algorithm="HS256")


class Shop:
    """A running nginx with a folder of pages; `close` ends it."""

    def __init__(self, folder, keyhouse):
        self._pages = folder / "pages"
        self._pages.mkdir()
        for script in ("ledger.js", "visit.js"):
            (self._pages / script).write_text(Path(__file__).with_name(script).read_text())
        (self._pages / "visit.css").write_text("h1 { margin: 0 }")
        (self._pages / "away.html").write_text("<!doctype html><title>Away</title><link rel='icon' href='data:,'>")
        self.port = free_port()
        values = {"folder": folder, "port": self.port, "modules": packages.installed(), "keyhouse": keyhouse}
        user = "" if os.geteuid() else "user root;"  # the folders of tests are root's then
        (folder / "nginx.conf").write_text(NGINX.format(**values, user=user, cookie=COOKIE, proof=proof()))
        command = [find("nginx"), "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "log"]
        self._process = subprocess.Popen([str(word) for word in command], env={"PATH": os.environ["PATH"]})
        self._wait(folder)

    def page(self, name, major, **setup):
        """Write a page with both SDKs of this major; its path."""
        scripts = {product: packages.bundle(product, major) for product in ("rum", "logs")}
        text = PAGE.format(title=name, setup=json.dumps(setup).replace("<", "\\u003c"), **scripts)
        (self._pages / f"{name}.html").write_text(text)
        return f"/{name}.html"

    def close(self):
        self._process.terminate()
        self._process.wait(20)

    def _wait(self, folder):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/away.html", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((folder / "log").read_text())
