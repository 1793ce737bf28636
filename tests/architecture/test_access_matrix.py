"""Who may open which address: every URL of the table, every role, every method. A URL without a row fails.

A row has a cell for GET and one for POST, each with a letter for every visitor of VISITORS in that order:
`+` gets in (an answer, a redirect of its own, or a complaint about the form), `L` is led to the sign-in page,
`3` is refused (403), `4` finds nothing (404), `5` is told the method is wrong (405).
"""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Member, Role, Sort
from keys import rum_applications, telling
from keys.kinds import API_KEY, KINDS
from keys.models import Detection, Mail, Notification, SupportRequest, Way
from keys.safety import leaks
from keys.safety.matches import Match
from keys.telling import News, webhooks

pytestmark = pytest.mark.django_db

BY_KIND_ALONE = {"credential-list", "credential-create", "limit-ask", "policy-edit"}
VISITORS = ("anonymous", "reader", "standard", "auditor", "admin", "support", "stranger")

MATRIX = {
    # name                      GET        POST
    "home": ("L++++++", "5555555"),
    "organization-switch": ("5555555", "L444444"),
    "set_language": ("+++++++", "+++++++"),
    "invitation-accept": ("+++++++", "+++++++"),
    "profile": ("L++++++", "L++++++"),
    "sessions-end": ("5555555", "L++++++"),
    "account_login": ("+++++++", "+++++++"),
    "account_logout": ("L++++++", "LLLLLLL"),
    "account_inactive": ("+++++++", "5555555"),
    "account_reauthenticate": ("L++++++", "L++++++"),
    "account_change_password": ("L++++++", "L++++++"),
    "account_reset_password": ("+++++++", "+++++++"),
    "account_reset_password_done": ("+++++++", "5555555"),
    "account_reset_password_from_key": ("+++++++", "+++++++"),
    "account_reset_password_from_key_done": ("+++++++", "5555555"),
    "apis": ("L3+++4+", "5555555"),
    "apis-export": ("L3+++4+", "5555555"),
    "rum-application-list": ("L++++4+", "5555555"),
    "rum-application-create": ("L3+3+4+", "L3+3+4+"),
    "rum-application-detail": ("L++++44", "5555555"),
    "rum-application-edit": ("L3+3+44", "L3+3+44"),
    "rum-application-delete": ("L3+3+44", "L3+3+44"),
    "rum-proxy-detail": ("L++++44", "L3+3+44"),
    "rum-proxy-edit": ("L3+3+44", "L3+3+44"),
    "service-account-list": ("L++++4+", "5555555"),
    "service-account-create": ("L333+4+", "L333+4+"),
    "service-account-detail": ("L++++44", "5555555"),
    "service-account-edit": ("L333+44", "L333+44"),
    "service-account-disable": ("L333+44", "L333+44"),
    "service-account-enable": ("L333+44", "L333+44"),
    "member-list": ("L++++4+", "5555555"),
    "member-invite": ("L3+3+4+", "L3+3+4+"),
    "member-detail": ("L++++44", "5555555"),
    "member-roles": ("L333+44", "L333+44"),
    "member-invitation": ("5555555", "L3+3+44"),
    "member-disable": ("L333+44", "L333+44"),
    "member-enable": ("L333+44", "L333+44"),
    "role-list": ("L++++4+", "5555555"),
    "role-create": ("L333+4+", "L333+4+"),
    "role-detail": ("L++++44", "5555555"),
    "role-clone": ("L333+44", "L333+44"),
    "role-edit": ("L333+44", "L333+44"),
    "role-delete": ("L333+44", "L333+44"),
    "service-account-managers": ("L333+44", "L333+44"),
    "policy-list": ("L3+++4+", "5555555"),
    "notification-list": ("L++++4+", "5555555"),
    "notification-read-all": ("5555555", "L++++4+"),
    "notification-choices": ("L++++4+", "L++++4+"),
    "notification-read": ("5555555", "L444+44"),
    "webhook-list": ("L333+4+", "5555555"),
    "webhook-create": ("L333+4+", "L333+4+"),
    "webhook-detail": ("L333+44", "5555555"),
    "webhook-edit": ("L333+44", "L333+44"),
    "webhook-switch": ("5555555", "L333+44"),
    "webhook-rotate": ("5555555", "L333+44"),
    "webhook-test": ("5555555", "L333+44"),
    "webhook-send-again": ("5555555", "L333+44"),
    "webhook-send-all-again": ("5555555", "L333+44"),
    "webhook-delete": ("L333+44", "L333+44"),
    "timed-work": ("L333+++", "5555555"),
    "mail-send-again": ("5555555", "L333+44"),
    "mail-send-all-again": ("5555555", "L333+4+"),
    "hygiene": ("L33++4+", "5555555"),
    "hygiene-scan": ("5555555", "L333+4+"),
    "hygiene-control": ("L33++4+", "5555555"),
    "hygiene-settings": ("L333+4+", "L333+4+"),
    "hygiene-mitigate": ("L333+4+", "L333+4+"),
    "detection-detail": ("L33++44", "5555555"),
    "detection-except": ("5555555", "L333+44"),
    "detection-assign": ("5555555", "L333+44"),
    "detection-delay": ("5555555", "L333+44"),
    "detection-reactivate": ("5555555", "L333+44"),
    "detection-mitigate": ("5555555", "L333+44"),
    "data-intake": ("L++++4+", "L333+4+"),
    "limits": ("L3+++4+", "5555555"),
    "usage": ("L++++4+", "5555555"),
    "usage-export": ("L++++4+", "5555555"),
    "audit-trail": ("L33++4+", "5555555"),
    "audit-export": ("L33++4+", "5555555"),
    "reference": ("L++++4+", "5555555"),
    "reference-section": ("L++++4+", "5555555"),
    "help": ("L++++++", "5555555"),
    "safety": ("L33++4+", "5555555"),
    "leak-report": ("L++++4+", "L++++4+"),
    "security-contacts": ("L333+4+", "L333+4+"),
    "leak-detail": ("L33++44", "5555555"),
    "leak-step": ("5555555", "L333+44"),
    "leak-close": ("5555555", "L333+44"),
    "leak-dismiss": ("L333+44", "L333+44"),
    "support-organizations": ("L4444+4", "5555555"),
    "support-organization": ("L4444+4", "5555555"),
    "support-limit": ("L4444+4", "L4444+4"),
    "support-switch": ("L4444+4", "L4444+4"),
    "support-requests": ("L4444+4", "5555555"),
    "support-request": ("L4444+4", "L4444+4"),
}

KIND_MATRIX = {
    "credential-list": {
        "api-keys": ("L3+++4+", "5555555"),
        "application-keys": ("L3+++4+", "5555555"),
        "client-tokens": ("L3+++4+", "5555555"),
        "personal-access-tokens": ("L3+++4+", "5555555"),
        "service-access-tokens": ("L3+++4+", "5555555"),
    },
    "credential-create": {
        "api-keys": ("L333+4+", "L333+4+"),
        "application-keys": ("L3+3+4+", "L3+3+4+"),
        "client-tokens": ("L3+3+4+", "L3+3+4+"),
        "personal-access-tokens": ("L3+3+4+", "L3+3+4+"),
        "service-access-tokens": ("L333+4+", "L333+4+"),
    },
    "credential-detail": dict.fromkeys(
        ("api-keys", "application-keys", "client-tokens", "personal-access-tokens", "service-access-tokens"),
        ("L4+++44", "5555555"),
    ),
    "credential-rename": {
        "api-keys": ("L433+44", "L433+44"),
        "application-keys": ("L433+44", "L433+44"),
        "client-tokens": ("L4+3+44", "L4+3+44"),
        "personal-access-tokens": ("L433+44", "L433+44"),
        "service-access-tokens": ("L433+44", "L433+44"),
    },
    "policy-edit": dict.fromkeys((kind.slug for kind in KINDS), ("L333+4+", "L333+4+")),
    "limit-ask": {
        "api-keys": ("L333+4+", "L333+4+"),
        "application-keys": ("L444444", "L444444"),
        "client-tokens": ("L3+3+4+", "L3+3+4+"),
        "personal-access-tokens": ("L444444", "L444444"),
        "service-access-tokens": ("L444444", "L444444"),
    },
}
KIND_MATRIX["credential-usage"] = KIND_MATRIX["credential-usage-export"] = KIND_MATRIX["credential-detail"]
KIND_MATRIX["credential-revoke"] = KIND_MATRIX["credential-rename"]
KIND_MATRIX["credential-ownership"] = KIND_MATRIX["credential-rename"] | dict.fromkeys(
    ("application-keys", "personal-access-tokens", "service-access-tokens"), ("L444444", "L444444")
)
for verb in ("rotate", "finish", "cancel", "restore", "block", "unblock"):
    KIND_MATRIX[f"credential-{verb}"] = KIND_MATRIX["credential-rename"]
KIND_MATRIX["credentials-rotate"] = KIND_MATRIX["credentials-revoke"] = KIND_MATRIX["credential-create"]
KIND_MATRIX["credential-use"] = dict.fromkeys((kind.slug for kind in KINDS), ("L444444", "L444444")) | {
    "client-tokens": ("L4+3+44", "L4+3+44")
}
KIND_MATRIX["credential-scopes"] = KIND_MATRIX["credential-rename"] | dict.fromkeys(
    ("api-keys", "client-tokens"), ("L444444", "L444444")
)


def url_names(resolver=None):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from url_names(entry)
        elif isinstance(entry, URLPattern):
            yield entry.name


@pytest.fixture
def visitors(alice, bob, camille, vera, sam, charlie, client_of):
    people = (bob, camille, vera, alice, sam, charlie)
    return dict(zip(VISITORS, (Client(), *map(client_of, people)), strict=True))


def told(alice, actor_of):
    """What alice was told, as it waits for a webhook that has since been disabled."""
    by = actor_of(alice)
    hook = webhooks.create(name="W", address="https://hooks.example.com", topics=["webhooks"], by=by).webhook
    with transaction.atomic():
        telling.tell(
            News.WEBHOOK_TEST,
            organization_id=alice.organization_id,
            to=[alice],
            about=webhooks.target(hook),
            words={"by": by.label},
            key="k",
            now=by.now,
        )
    webhooks.switch(hook.pk, on=False, by=by)
    return hook.deliveries.get()


@pytest.fixture
def places(alice, robot, issue, acme, now, actor_of):
    """The arguments of every address, all of them Acme's."""
    pending = Member.objects.create(
        organization=acme, sort=Sort.USER, name="P", name_key="p", email="p@acme.example", created_at=now
    )
    request = SupportRequest.objects.create(
        organization=acme, kind=API_KEY, wanted=9, reason="more", asked_by=alice, created_at=now + timedelta(0)
    )
    role = Role.objects.create(organization=acme, name="R", name_key="r", created_at=now, modified_at=now)
    issued = {kind.slug: issue(kind, alice) for kind in KINDS}
    rows = {slug: one.credential.pk for slug, one in issued.items()}
    reporter = leaks.Reporter(way=Way.MEMBER, name=alice.name, now=now)
    (leak,) = leaks.accept([Match(issued["client-tokens"].secret.text)], reporter=reporter)
    organization = {"pk": acme.pk}
    delivery = told(alice, actor_of)
    application = {"pk": rum_applications.create(name="App", by=actor_of(alice)).pk}
    detection = Detection.objects.create(
        organization=acme,
        control="roles_without_users",
        resource_type="role",
        resource_id=role.pk,
        label="R",
        facts={"created_at": now.isoformat()},
        created_at=now,
    )
    control = {"slug": "unused_api_keys"}
    return {
        "rows": rows,
        "detection": {"pk": detection.pk},
        "hygiene-control": control,
        "hygiene-settings": control,
        "hygiene-mitigate": control,
        "rum-application": application,
        "rum-proxy": application,
        "service-account": {"pk": robot.pk},
        "member": {"pk": pending.pk},
        "leak": {"pk": leak.pk},
        "leak-step": {"pk": leak.pk, "step": "looked"},
        "role": {"pk": role.pk},
        "webhook": {"pk": delivery.webhook_id},
        "webhook-send-again": {"pk": delivery.webhook_id, "delivery": delivery.pk},
        "mail-send-again": {"pk": Mail.objects.filter(member=alice).first().pk},
        "notification-read": {"pk": Notification.objects.of(alice).first().pk},
        "support-organization": organization,
        "support-limit": organization | {"kind": API_KEY},
        "support-switch": organization | {"kind": KINDS[2]},
        "support-request": {"pk": request.pk},
        "reference-section": {"slug": "roles"},
        "invitation-accept": {"token": "unknown"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    }


def address(name, places, kind=None):
    arguments = places.get(name, {})
    for prefix in ("rum-application", "rum-proxy", "service-account", "member", "role", "webhook", "leak", "detection"):
        of_all = name.removeprefix(f"{prefix}-") in {"list", "create", "invite", "report"}
        if name.startswith(f"{prefix}-") and not of_all and name not in places:
            arguments = places[prefix]
    if kind:
        arguments = {"kind": kind}
        if not name.startswith("credentials-") and name not in BY_KIND_ALONE:
            arguments["pk"] = places["rows"][kind.slug]
    return reverse(name, kwargs=arguments)


def visible_text(answer):
    """What a person would read: the page without form tokens and its own address."""
    return re.sub(r'(name="csrfmiddlewaretoken" value|name="next" value)="[^"]*"', "", answer.content.decode())


def letter(answer):
    if answer.status_code == 302 and "/accounts/login/" in answer.headers["Location"]:
        return "L"
    refusals = {403: "3", 404: "4", 405: "5"}
    assert answer.status_code < 500
    return refusals.get(answer.status_code, "+")


def row(visitors, url, method):
    return "".join(letter(getattr(client, method)(url)) for client in visitors.values())


def of_the_api(name):
    return name.startswith("api-")


def test_every_address_has_a_row():
    pages = {name for name in url_names() if not of_the_api(name)}

    assert pages - {"styleguide"} == set(MATRIX) | set(KIND_MATRIX)


def test_no_session_opens_an_address_of_the_api(visitors):
    """Who may call which operation is in tests/api/test_permissions.py; being signed in counts for nothing."""
    for name in filter(of_the_api, url_names()):
        url, expected = of_no_session(name)
        for method in ("get", "post", "put", "patch", "delete"):
            answers = {getattr(client, method)(url).status_code for client in visitors.values()}
            assert answers <= expected, (name, method, answers)
            assert len(answers) == 1, (name, method, answers)


def of_no_session(name):
    """An address of the API, and what anybody is answered there who has a session and nothing else."""
    if name == "api-nothing-here":
        return "/api/v3/anything", {404}
    if name in {"api-description", "api-secret-scanning"}:
        return reverse(name), {200, 405}
    if name == "api-verifications":
        return reverse(name), {405, 415}  # who may ask is a matter of the address or a secret
    names = re.findall(r"<str:(\w+)>", str(pattern_of(name)))
    return reverse(name, kwargs=dict.fromkeys(names, "x")), {401, 403, 405}


def pattern_of(name, resolver=None):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver) and (found := pattern_of(name, entry)):
            return found
        if isinstance(entry, URLPattern) and entry.name == name:
            return entry.pattern
    return None


@pytest.mark.parametrize("name", MATRIX)
def test_who_may_open(name, visitors, places):
    url = address(name, places)

    assert (row(visitors, url, "get"), row(visitors, url, "post")) == MATRIX[name]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", KIND_MATRIX)
def test_who_may_open_of_each_kind(name, kind, visitors, places):
    url = address(name, places, kind)

    assert (row(visitors, url, "get"), row(visitors, url, "post")) == KIND_MATRIX[name][kind.slug]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_no_address_takes_another_method(method, visitors, places):
    for name in (*MATRIX, *KIND_MATRIX):
        url = address(name, places, API_KEY if name in KIND_MATRIX else None)
        answers = set(row(visitors, url, method))

        assert answers <= set("L345") or name.startswith(("account_", "set_language")), (name, answers)


@pytest.mark.parametrize(
    "name",
    [
        "credential-detail",
        "member-detail",
        "rum-application-detail",
        "service-account-detail",
        "webhook-detail",
        "role-detail",
        "leak-detail",
        "detection-detail",
        "support-request",
    ],
)
def test_what_is_somebody_elses_looks_like_what_never_was(name, visitors, places):
    kind = API_KEY if name in KIND_MATRIX else None
    url = address(name, places, kind)
    nowhere = url.replace(url.rstrip("/").rpartition("/")[2], str(uuid.uuid4()))

    theirs, never = visitors["stranger"].get(url), visitors["stranger"].get(nowhere)

    assert theirs.status_code == never.status_code == 404
    assert visible_text(theirs) == visible_text(never)
