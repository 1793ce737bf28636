"""An organisation on the real server whose pages and programs send: its keys, an application, an open proxy."""

import json
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from urllib.parse import quote

import jwt

KEY = "a shared key of more than thirty-two characters"
SHOP = "https://shop.acme.example"
BROWSER = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain;charset=UTF-8"}
QUERY = "ddsource=browser&dd-api-key={}&dd-evp-origin-version=7.16.0&dd-evp-origin=browser&dd-request-id=1&x=%2F%20+a"
MAKE = """
import json
from django.utils import timezone
from accounts.models import Member
from keys import bootstrap, client_tokens, lifecycle, rum_applications, rum_proxies, upstreams
from keys.kinds import CLIENT_TOKEN, Track
by = bootstrap.as_member(Member.objects.get(organization_id={organization!r}), now=timezone.now())
upstreams.set_address({upstream!r}, by=by)
shop = rum_applications.create(name="shop", by=by)
token = shop.tokens.get().credential
proxy = rum_proxies.change(shop.pk, is_open=True, shared_key={key!r}, cookie="visitor", by=by)
alone = lifecycle.issue(CLIENT_TOKEN, name="alone", by=by).credential
strict = lifecycle.issue(CLIENT_TOKEN, name="strict", by=by).credential
client_tokens.set_use(strict.pk, application_id=None, sends=[Track.RUM], origins=[{shop!r}], by=by)
print(json.dumps(dict(application=str(shop.pk), token=token.public_text, token_id=str(token.pk),
    placeholder=proxy.placeholder, alone=alone.public_text, strict=strict.public_text)))
"""


@dataclass(frozen=True)
class Company:
    """What it has. `token` is the application's, `alone` belongs to none, `strict` sends RUM from the shop alone."""

    organization: str
    api_key: str
    application_key: str
    application: str
    token: str
    token_id: str
    placeholder: str
    alone: str
    strict: str


def company(server, upstream):
    """A new one, whose data goes on to `upstream`."""
    name = f"Senders {uuid.uuid4().hex[:6]}"
    made = json.loads(server.manage("createorg", name, "--admin", f"{name[-6:]}@senders.example", "--keys"))
    script = MAKE.format(organization=made["org_id"], upstream=upstream, key=KEY, shop=SHOP)
    return Company(made["org_id"], made["api_key"], made["application_key"], **run(server, script))


def run(server, script):
    """What a script prints, as JSON, run against the server's database."""
    return json.loads(server.manage("shell", "-v", "0", "-c", script))


def send(server, target, body=b"{}", headers=(), method="POST"):
    """Status, headers by lower-case name, and body of the answer."""
    request = urllib.request.Request(server.url + target, body, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return _read(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return _read(refusal)


def _read(answer):
    return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def forwarded(target):
    """The query string by which an SDK asks a proxy to forward."""
    return f"ddforward={quote(target, safe='')}"


def proof(**claims):
    """A visitor's, as the site signs it."""
    return jwt.encode({"sub": "visitor-7", "exp": time.time() + 120} | claims, KEY, "HS256")


def rum(acme, token, path="/api/v2/rum"):
    """Where a page of theirs sends, by this token."""
    return f"{path}?{QUERY.format(token)}"


def half(acme):
    """A request of which half the body is missing."""
    head = f"POST /api/v2/logs?dd-api-key={acme.token} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    return head.encode() + b"half"
