"""Webhooks: programs of the organisation that are told what people are told."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission as P
from accounts.refusals import NotAllowed
from console.access import requires
from console.forms.errors import add_refusal
from console.forms.nonces import NonceForm
from console.forms.webhooks import WebhookForm
from console.lists import Order, paged
from console.organization.timed_work import sent_again
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys import idempotency
from keys.models import Delivery, Webhook
from keys.telling import Topic, deliveries, webhooks
from keys.telling.webhooks import Created

NEWEST = Order("told_at", descending=True)
_WAITING = Q(deliveries__delivered_at__isnull=True, deliveries__dead_at__isnull=True)


@require_safe
@requires(P.ORG_MANAGEMENT)
def webhook_list(request: SignedInRequest) -> HttpResponse:
    """All of the organisation's, with what waits for each and what was given up."""
    found = Webhook.objects.of(request.actor.organization).annotate(
        waiting=Count("deliveries", filter=_WAITING),
        dead=Count("deliveries", filter=Q(deliveries__dead_at__isnull=False)),
    )
    rows = [(webhook, _labels(webhook)) for webhook in found.order_by("created_at")]
    return page(request, "organization/webhooks/list.html", {"rows": rows})


def _labels(webhook: Webhook) -> list[Any]:
    return [Topic(topic).label for topic in webhook.topics]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.ORG_MANAGEMENT)
def webhook_create(request: SignedInRequest) -> HttpResponse:
    """A new one; its secret is shown in the answer and nowhere else."""
    form = WebhookForm(posted(request), initial={"topics": [topic.value for topic in Topic]})
    if request.method == "POST" and form.is_valid():
        fields = _fields(form)
        try:
            return _made_once(request, form, "create", fields, lambda: webhooks.create(**fields, by=request.actor))
        except NotAllowed as refusal:
            add_refusal(form, refusal)
    return page(request, "organization/webhooks/form.html", {"form": form}, status=422 if form.is_bound else 200)


def _fields(form: WebhookForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "address", "topics")}


def _made_once(
    request: SignedInRequest, form: NonceForm, what: str, fields: dict[str, Any], make: Callable[[], Created]
) -> HttpResponse:
    """The page with a secret that was made for this form: the same one, however often the form is sent. Raises
    NotAllowed."""

    def made() -> bytes:
        created = make()
        return f"{created.webhook.pk} {created.secret}".encode()

    sending = idempotency.Sending(form.cleaned_data["nonce"], request.actor, {what: "webhook", **fields})
    try:
        content, _again = idempotency.once(sending, made)
    except idempotency.SaidOtherwise:
        raise NotAllowed("", _("This form was sent before with other values. Open a fresh one.")) from None
    pk, secret = content.decode().split()
    return _detail_page(request, _webhook(request, uuid.UUID(pk)), secret=secret)


@require_safe
@requires(P.ORG_MANAGEMENT)
def webhook_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """What it is, and what it was sent, the newest first; all of it, or what was given up."""
    return _detail_page(request, _webhook(request, pk))


def _detail_page(request: SignedInRequest, webhook: Webhook, *, secret: str = "") -> HttpResponse:
    sent: Any = webhook.deliveries.all()
    only_dead = request.GET.get("show") == "dead"
    context = {
        "webhook": webhook,
        "topics": _labels(webhook),
        "secret": secret,
        "nonce": NonceForm()["nonce"],
        "only_dead": only_dead,
        "dead": sent.dead().count(),
        "page": paged(sent.dead() if only_dead else sent, NEWEST, request.GET, size=20),
        "both_sign": bool(webhook.previous_until and webhook.previous_until > request.now),
    }
    return page(request, "organization/webhooks/detail.html", context)


def _webhook(request: SignedInRequest, pk: uuid.UUID) -> Webhook:
    return Webhook.objects.of(request.actor.organization).select_related("created_by").get(pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.ORG_MANAGEMENT)
def webhook_edit(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Its name, its address, its topics."""
    webhook = _webhook(request, pk)
    initial = {"name": webhook.name, "address": webhook.address, "topics": webhook.topics}
    form = WebhookForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.change(pk, **_fields(form), by=request.actor)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            return moved(reverse("webhook-detail", args=[pk]))
    context = {"form": form, "webhook": webhook}
    return page(request, "organization/webhooks/form.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(P.ORG_MANAGEMENT)
def webhook_switch(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Disable it, or enable it again, as the button said."""
    webhook = webhooks.switch(pk, on=request.POST.get("to") == "on", by=request.actor)
    said = _("%(name)s is disabled.") if webhook.disabled_at else _("%(name)s is enabled.")
    messages.success(request, said % {"name": webhook.name})
    return moved(reverse("webhook-detail", args=[pk]))


@require_POST
@requires(P.ORG_MANAGEMENT)
def webhook_rotate(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """A new secret, shown in the answer and nowhere else."""
    form = NonceForm(request.POST)
    if not form.is_valid():  # no form of ours sends such a nonce
        return moved(reverse("webhook-detail", args=[pk]))
    try:
        return _made_once(request, form, "rotate", {"of": pk}, lambda: webhooks.rotate_secret(pk, by=request.actor))
    except NotAllowed as refusal:
        messages.error(request, str(refusal.message))
        return moved(reverse("webhook-detail", args=[pk]))


@require_POST
@requires(P.ORG_MANAGEMENT)
def webhook_test(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Send it a test, and say what came of it."""
    try:
        _deliver(request, webhooks.test(pk, by=request.actor).pk)
    except NotAllowed as refusal:
        messages.error(request, str(refusal.message))
    return moved(reverse("webhook-detail", args=[pk]))


@require_POST
@requires(P.ORG_MANAGEMENT)
def webhook_send_again(request: SignedInRequest, pk: uuid.UUID, delivery: uuid.UUID) -> HttpResponse:
    """Try what was given up, or waits, once more; and say what came of it."""
    try:
        webhooks.send_again(pk, only=delivery, by=request.actor)
        _deliver(request, delivery)
    except NotAllowed as refusal:
        messages.error(request, str(refusal.message))
    return moved(reverse("webhook-detail", args=[pk]))


@require_POST
@requires(P.ORG_MANAGEMENT)
def webhook_send_all_again(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Have everything sent again that was given up; the next tick does it."""
    try:
        count = webhooks.send_again(pk, by=request.actor)
    except NotAllowed as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, sent_again(count))
    return moved(reverse("webhook-detail", args=[pk]))


def _deliver(request: SignedInRequest, delivery_id: uuid.UUID) -> None:
    deliveries.send(request.now, only=delivery_id)
    delivery = Delivery.objects.get(pk=delivery_id)
    if delivery.delivered_at:
        messages.success(request, _("It was taken."))
    else:
        error = delivery.error if delivery.tried_at == request.now else _("it waits for its turn")
        messages.error(request, _("It was not taken: %(error)s.") % {"error": error})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.ORG_MANAGEMENT)
def webhook_delete(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    """Confirm, and then delete it with what waits for it."""
    webhook = _webhook(request, pk)
    if request.method == "POST":
        webhooks.delete(pk, by=request.actor)
        messages.success(request, _("%(name)s is deleted.") % {"name": webhook.name})
        return moved(reverse("webhook-list"))
    waiting = webhook.deliveries.filter(delivered_at=None, dead_at=None).count()
    context = {"deleted": webhook, "back": reverse("webhook-detail", args=[pk]), "waiting": waiting}
    return page(request, "organization/webhooks/delete.html", context)
