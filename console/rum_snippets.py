"""What a site puts into its pages and programs so that its visitors report: ready to copy."""

import json
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from console.kind_pages import Snippet
from keys.models import RumProxy

NO_TOKEN = "<client token>"  # noqa: S105 - stands where one is to be put in
_INDENT = "  "


def direct(site: str) -> str:
    """The SDK's `proxy` for the intake of this site: what browsers send comes straight here."""
    return f"({{path, parameters}}) => `{site}${{path}}?${{parameters}}`"


def same_origin(application_id: uuid.UUID) -> str:
    """The SDK's `proxy` for pages whose own site hands their requests on."""
    return _quoted(f"/rum-proxy/{application_id}/")


def with_proof(application_id: uuid.UUID, site: str) -> str:
    """The SDK's `proxy` for pages that reach the authenticated proxy themselves, with the visitor's proof in `jwt`."""
    address = f"{site}/rum-proxy/{application_id}/"
    return (
        "({path, parameters}) =>\n"
        f"    `{address}?ddforward=${{encodeURIComponent(`${{path}}?${{parameters}}`)}}&visitor=${{jwt}}`"
    )


@dataclass(frozen=True)
class Pages:
    """What an application's pages tell the SDK: who they are, the token they carry, and `proxy`, as JavaScript."""

    application_id: uuid.UUID
    token: str
    service: str
    proxy: str

    def rum(self) -> str:
        """The SDK's settings for sessions, errors and what visitors do."""
        return self._init({"applicationId": str(self.application_id), **self._common(), "sessionSampleRate": 100})

    def logs(self) -> str:
        """The SDK's settings for logs. What it would tell of itself it would send as RUM events."""
        return self._init({**self._common(), "forwardErrorsToLogs": True, "telemetrySampleRate": 0})

    def _common(self) -> dict[str, str]:
        return {"clientToken": self.token, "service": self.service, "env": "production"}

    def _init(self, options: dict[str, object]) -> str:
        lines = [
            f"{name}: {_quoted(value) if isinstance(value, str) else json.dumps(value)},"
            for name, value in options.items()
        ]
        return "{\n" + "".join(f"{_INDENT}{line}\n" for line in [*lines, f"proxy: {self.proxy},"]) + "}"


def _quoted(text: str) -> str:
    """The text in JavaScript, safe inside a <script> too."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return "'" + inner.replace("<", "\\u003c") + "'"


def with_npm(pages: Pages) -> list[Snippet]:
    """For pages that a bundler puts together."""
    rum = f"import {{ datadogRum }} from '@datadog/browser-rum'\n\ndatadogRum.init({pages.rum()})"
    logs = f"import {{ datadogLogs }} from '@datadog/browser-logs'\n\ndatadogLogs.init({pages.logs()})"
    return [Snippet("RUM (npm)", rum), Snippet(_("Logs (npm)"), logs)]


def with_own_script(pages: Pages) -> list[Snippet]:
    """For pages that load the SDK as a file of their own site: neither a bundler nor somebody else's server."""
    rum, logs = _page("rum", "DD_RUM", pages.rum()), _page("logs", "DD_LOGS", pages.logs())
    return [Snippet(_("RUM (own script)"), rum), Snippet(_("Logs (own script)"), logs)]


def _page(name: str, known_as: str, init: str) -> str:
    file = f"datadog-{name}.js"
    return (
        f"<!-- node_modules/@datadog/browser-{name}/bundle/{file}, copied to /js/ of your site -->\n"
        f'<script src="/js/{file}"></script>\n<script>\nwindow.{known_as}.init({init})\n</script>'
    )


def nginx(site: str) -> Snippet:
    """For a site behind nginx: its own /rum-proxy/ leads here."""
    secure = "    proxy_ssl_server_name on;\n" if site.startswith("https://") else ""
    return Snippet("nginx", f"location /rum-proxy/ {{\n    proxy_pass {site};\n{secure}}}")


def signing(proxy: RumProxy) -> list[Snippet]:
    """How a site's program makes the proof of a visitor who signed in, by the proxy's terms."""
    return [Snippet("Python (PyJWT)", _python(proxy)), Snippet("Node (jose)", _node(proxy))]


def _python(proxy: RumProxy) -> str:
    claims = ['"sub": visitor_id', '"iat": now', '"exp": now + 300']
    claims += [f'"{name}": {json.dumps(value)}' for name, value in _named(proxy)]
    said = "".join(f"        {claim},\n" for claim in claims)
    name, how = "SHARED_KEY", '"HS256"'
    if proxy.jwks_url:
        name, how = "PRIVATE_KEY", '"RS256", headers={"kid": os.environ["KEY_ID"]}'
    return (
        "import os\nimport time\n\nimport jwt\n\n\ndef proof(visitor_id):\n    now = int(time.time())\n"
        f"    claims = {{\n{said}    }}\n"
        f'    return jwt.encode(claims, os.environ["{name}"], algorithm={how})'
    )


def _node(proxy: RumProxy) -> str:
    header = "{ alg: 'RS256', kid: process.env.KEY_ID }" if proxy.jwks_url else "{ alg: 'HS256' }"
    key = (
        "const key = await importPKCS8(process.env.PRIVATE_KEY, 'RS256')"
        if proxy.jwks_url
        else "const key = new TextEncoder().encode(process.env.SHARED_KEY)"
    )
    calls = [f"setProtectedHeader({header})", "setSubject(visitorId)"]
    calls += [f"set{'Issuer' if name == 'iss' else 'Audience'}({_quoted(value)})" for name, value in _named(proxy)]
    calls += ["setIssuedAt()", "setExpirationTime('5m')", "sign(key)"]
    names = "importPKCS8, SignJWT" if proxy.jwks_url else "SignJWT"
    chain = "".join(f"\n    .{call}" for call in calls)
    return (
        f"import {{ {names} }} from 'jose'\n\n{key}\n\n"
        f"export function proof(visitorId) {{\n  return new SignJWT({{}}){chain}\n}}"
    )


def _named(proxy: RumProxy) -> list[tuple[str, str]]:
    """The claims that the terms ask for, beyond who it is and until when."""
    return [(name, value) for name, value in (("iss", proxy.issuer), ("aud", proxy.audience)) if value]
