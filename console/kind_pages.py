"""What differs between the kinds on a page: words, examples, snippets and presets. Everything else reads keys.kinds."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keys.kinds import (
    API_KEY,
    APPLICATION_KEY,
    CLIENT_TOKEN,
    PERSONAL_ACCESS_TOKEN,
    SERVICE_ACCESS_TOKEN,
    Kind,
)


@dataclass(frozen=True)
class Preset:
    """A set of scopes to start from. `everything` means no scopes: all the owner may do."""

    slug: str
    label: Promise
    description: Promise
    icon: str
    scopes: tuple[str, ...] = ()
    everything: bool = False


READ_DASHBOARDS = Preset(
    "read-dashboards",
    _("Read dashboards"),
    _("Export boards and SLOs"),
    "eye",
    ("dashboards_read", "slos_read", "notebooks_read"),
)
CI_PIPELINE = Preset(
    "ci",
    _("CI pipeline"),
    _("Monitors, CI visibility, deployments"),
    "workflow",
    (
        "monitors_read",
        "monitors_write",
        "monitors_downtime",
        "ci_visibility_read",
        "ci_visibility_pipelines_write",
        "cd_visibility_read",
    ),
)
TERRAFORM = Preset(
    "terraform",
    _("Terraform"),
    _("Monitors and boards as code"),
    "blocks",
    (
        "monitors_read",
        "monitors_write",
        "dashboards_read",
        "dashboards_write",
        "slos_read",
        "slos_write",
        "synthetics_read",
        "synthetics_write",
    ),
)
EVERYTHING = Preset(
    "everything", _("Everything"), _("All of the owner’s permissions"), "triangle-alert", everything=True
)


@dataclass(frozen=True)
class Snippet:
    """A way to try something at once. `{secret}` and `{site}` of a kind's are filled in where it is shown."""

    label: str | Promise
    text: str


@dataclass(frozen=True)
class KindPage:
    """The words of one kind. `inline` kinds need a name alone and are created from the list itself."""

    create: Promise
    new: Promise
    lede: Promise
    guidance: Promise
    example: str
    empty: Promise
    ready: Promise
    stored: Promise
    revoking: Promise
    final_advice: Promise
    snippets: tuple[Snippet, ...]
    presets: tuple[Preset, ...] = ()
    inline: bool = False


_TEST = _("Test with curl")
_CURL_VALIDATE = Snippet(_TEST, 'curl -s {site}/api/v1/validate \\\n  -H "DD-API-KEY: {secret}"')
_CURL_TOKEN = Snippet(_TEST, 'curl -s {site}/api/v2/validate_keys \\\n  -H "Authorization: Bearer {secret}"')
_STORE_IT = _("Put it in a secrets manager, not in source code or Terraform state. If you lose it, rotate it.")

PAGES: dict[Kind, KindPage] = {
    API_KEY: KindPage(
        create=_("Create API key"),
        new=_("New API key"),
        lede=_("For sending data: Agents, integrations and pipelines."),
        guidance=_(
            "For sending data: Agents, integrations and pipelines. One per team or service keeps revoking painless."
        ),
        example="payments-k8s-prod",
        empty=_("No API key yet. Agents need one to send anything."),
        ready=_("Copy the key now. For your safety only a fingerprint of it is kept, so it cannot be shown again."),
        stored=_("I have stored this key"),
        revoking=_("Everything that sends data with this key is refused from the next request on."),
        final_advice=_STORE_IT,
        snippets=(
            _CURL_VALIDATE,
            Snippet("Agent", "api_key: {secret}\ndd_url: {site}"),
            Snippet("Terraform", 'export DD_API_KEY="{secret}"\nexport DD_HOST="{site}"'),
        ),
        inline=True,
    ),
    APPLICATION_KEY: KindPage(
        create=_("Create application key"),
        new=_("New application key"),
        lede=_("For reading and changing things through the API. Prefer a short-lived token for your own scripts."),
        guidance=_("For reading and changing things through the API, never beyond the owner’s own permissions."),
        example="ci-pipeline-staging",
        empty=_("No application key yet. Programs that read or change things through the API need one."),
        ready=_("Copy the key now. For your safety only a fingerprint of it is kept, so it cannot be shown again."),
        stored=_("I have stored this key"),
        revoking=_("Every program that acts with this key is refused from the next request on."),
        final_advice=_STORE_IT,
        snippets=(
            Snippet(
                _TEST,
                'curl -s {site}/api/v2/validate_keys \\\n  -H "DD-API-KEY: $DD_API_KEY" \\\n'
                '  -H "DD-APPLICATION-KEY: {secret}"',
            ),
            Snippet("Terraform", 'export DD_APP_KEY="{secret}"\nexport DD_HOST="{site}"'),
        ),
        presets=(READ_DASHBOARDS, CI_PIPELINE, TERRAFORM, EVERYTHING),
    ),
    CLIENT_TOKEN: KindPage(
        create=_("Create client token"),
        new=_("New client token"),
        lede=_("For browsers and mobile apps."),
        guidance=_("For browsers and mobile apps. Safe to publish: they can only submit RUM events and logs."),
        example="storefront-web",
        empty=_("No client token yet. Browsers need one, so that API keys never reach them."),
        ready=_("The token is public: it can be read here whenever you need it."),
        stored=_("Understood"),
        revoking=_("Browsers and apps that carry this token stop reporting at once."),
        final_advice=_("Anybody who opens your site can read this token. That is what it is made for."),
        snippets=(
            Snippet(
                "npm",
                "import {{ datadogLogs }} from '@datadog/browser-logs'\n\ndatadogLogs.init({{\n"
                "  clientToken: '{secret}',\n  telemetrySampleRate: 0,\n"
                "  proxy: ({{path, parameters}}) => `{site}${{path}}?${{parameters}}`,\n}})",
            ),
        ),
        inline=True,
    ),
    PERSONAL_ACCESS_TOKEN: KindPage(
        create=_("Create personal access token"),
        new=_("New personal access token"),
        lede=_("For your own scripts and command line: it acts as you, within its scopes, until it expires."),
        guidance=_("For a person’s own scripts: acts as its owner, within its scopes, until it expires."),
        example="laptop-cli",
        empty=_("No personal access token yet. Your own scripts are safest with one that expires."),
        ready=_("Copy the token now. For your safety only a fingerprint of it is kept, so it cannot be shown again."),
        stored=_("I have stored this token"),
        revoking=_("Every script that acts with this token is refused from the next request on."),
        final_advice=_STORE_IT,
        snippets=(_CURL_TOKEN,),
        presets=(READ_DASHBOARDS, CI_PIPELINE, TERRAFORM),
    ),
    SERVICE_ACCESS_TOKEN: KindPage(
        create=_("Create service access token"),
        new=_("New service access token"),
        lede=_("For pipelines and services: it acts as a service account, within its scopes."),
        guidance=_("For pipelines and services: acts as a service account, and survives people coming and going."),
        example="deploy-main",
        empty=_("No service access token yet. Pipelines are safest with one, owned by a service account."),
        ready=_("Copy the token now. For your safety only a fingerprint of it is kept, so it cannot be shown again."),
        stored=_("I have stored this token"),
        revoking=_("Every pipeline that acts with this token is refused from the next request on."),
        final_advice=_STORE_IT,
        snippets=(_CURL_TOKEN, Snippet("CI", 'DD_SITE_URL="{site}"\nDD_BEARER_TOKEN="{secret}"')),
        presets=(READ_DASHBOARDS, CI_PIPELINE, TERRAFORM),
    ),
}

EXPIRY_DAYS = (7, 30, 90, 365)


def snippets(kind: Kind, *, secret: str, site: str) -> list[Snippet]:
    """The kind's snippets with the secret and this site's address filled in."""
    return [Snippet(snip.label, snip.text.format(secret=secret, site=site)) for snip in PAGES[kind].snippets]


def preset(kind: Kind, slug: str) -> Preset | None:
    """The kind's preset of this name."""
    return next((found for found in PAGES[kind].presets if found.slug == slug), None)
