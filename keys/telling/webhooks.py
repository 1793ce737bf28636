"""An organisation's webhooks: making, changing and ending them, and what can be done with one by hand."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, names, organizations
from accounts.actors import Actor
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import egress, sealing
from keys.models import Delivery, Webhook
from keys.telling import announcing, signing
from keys.telling.announcing import Tidings
from keys.telling.news import News, Topic

MOST = 20
SHORT_PATH = 16
"""Characters of an address after its host that hold no secret."""
BOTH_SIGN = timedelta(hours=24)
"""How long the secret before the newest signs too."""


@dataclass(frozen=True)
class Created:
    """A webhook with the secret that was just made for it. It is shown now, and never again."""

    webhook: Webhook
    secret: str = field(repr=False)


def target(webhook: Webhook) -> log.Target:
    """The webhook as an audit target."""
    return log.Target("webhook", str(webhook.pk), webhook.name)


@transaction.atomic
def create(*, name: str, address: str, topics: Iterable[str], by: Actor) -> Created:
    """A new webhook that hears of these topics. Raises NotPermitted, or NotAllowed with the field."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    if Webhook.objects.of(organization.pk).count() >= MOST:
        raise NotAllowed("", _("There are %(most)d webhooks already. Delete one first.") % {"most": MOST})
    secret = signing.new_secret()
    webhook = Webhook.objects.create(
        organization=organization,
        name=_checked_name(name),
        address=egress.checked(address, field="address"),
        topics=_checked_topics(topics),
        secret=sealing.seal(secret),
        created_at=by.now,
        created_by=members.acting(by),
    )
    log.record(Event.WEBHOOK_CREATED, by=by, target=target(webhook), changes=_told(webhook))
    return Created(webhook, secret)


@transaction.atomic
def change(webhook_id: uuid.UUID, *, name: str, address: str, topics: Iterable[str], by: Actor) -> Webhook:
    """Change its name, address and topics. What waits goes to the new address, which has not failed yet. Raises
    NotPermitted, DoesNotExist, or NotAllowed with the field."""
    webhook = locked(webhook_id, by=by)
    before, told = _said(webhook), _told(webhook)
    webhook.name = _checked_name(name)
    webhook.address = egress.checked(address, field="address")
    webhook.topics = _checked_topics(topics)
    changed = [field for field, said in _said(webhook).items() if before[field] != said]
    changes = {field: [told[field], _told(webhook)[field]] for field in changed}
    if "address" in changes:
        webhook.failing_since = None
    if changes:
        webhook.save(update_fields=["name", "address", "topics", "failing_since"])
        log.record(Event.WEBHOOK_CHANGED, by=by, target=target(webhook), changes=changes)
    return webhook


@transaction.atomic
def switch(webhook_id: uuid.UUID, *, on: bool, by: Actor) -> Webhook:
    """Disable it, or enable it again: then what waits is delivered. Raises NotPermitted, DoesNotExist."""
    webhook = locked(webhook_id, by=by)
    if on != bool(webhook.disabled_at):
        return webhook
    webhook.disabled_at, webhook.disabled_because = None if on else by.now, ""
    webhook.failing_since = None
    webhook.save(update_fields=["disabled_at", "disabled_because", "failing_since"])
    if on:
        webhook.deliveries.waiting().update(due_at=by.now)
    changes = {"state": ["disabled", "enabled"] if on else ["enabled", "disabled"]}
    log.record(Event.WEBHOOK_CHANGED, by=by, target=target(webhook), changes=changes)
    return webhook


@transaction.atomic
def rotate_secret(webhook_id: uuid.UUID, *, by: Actor) -> Created:
    """A new secret. For BOTH_SIGN the old one signs too. Raises NotPermitted, DoesNotExist."""
    webhook, secret = locked(webhook_id, by=by), signing.new_secret()
    webhook.previous_secret, webhook.previous_until = webhook.secret, by.now + BOTH_SIGN
    webhook.secret = sealing.seal(secret)
    webhook.save(update_fields=["secret", "previous_secret", "previous_until"])
    log.record(Event.WEBHOOK_SECRET_ROTATED, by=by, target=target(webhook))
    return Created(webhook, secret)


@transaction.atomic
def delete(webhook_id: uuid.UUID, *, by: Actor) -> None:
    """Delete it with everything that waits for it. Raises NotPermitted, DoesNotExist."""
    webhook = locked(webhook_id, by=by)
    log.record(Event.WEBHOOK_DELETED, by=by, target=target(webhook), changes=_told(webhook))
    webhook.delete()


@transaction.atomic
def test(webhook_id: uuid.UUID, *, by: Actor) -> Delivery:
    """A delivery that says it is a test, due now. Raises NotPermitted, DoesNotExist, NotAllowed for a disabled one."""
    webhook = locked(webhook_id, by=by)
    if webhook.disabled_at:
        raise NotAllowed("", _("Enable the webhook first."))
    about = target(webhook)
    tidings = Tidings(
        news=News.WEBHOOK_TEST, to=(), about=about, words={"by": by.label}, key=f"webhook.test:{uuid.uuid4()}"
    )
    made = announcing.delivery(webhook, tidings, by.now)
    made.save(force_insert=True)
    return made


@transaction.atomic
def send_again(webhook_id: uuid.UUID, *, only: uuid.UUID | None = None, by: Actor) -> int:
    """Try again, from now on as if it were new, what was given up; or only one delivery, which may also wait for its
    next attempt. How many: what was delivered meanwhile, or sent again by somebody else, is left as it is. Raises
    NotPermitted, DoesNotExist, NotAllowed for a disabled webhook."""
    webhook = locked(webhook_id, by=by)
    found = webhook.deliveries.dead()
    if only:
        found = webhook.deliveries.filter(pk=webhook.deliveries.get(pk=only).pk, delivered_at=None, attempts__gt=0)
    if webhook.disabled_at:
        raise NotAllowed("", _("Enable the webhook first."))
    count = found.update(due_at=by.now, dead_at=None, attempts=0)
    if count:
        log.record(Event.WEBHOOK_SENT_AGAIN, by=by, target=target(webhook), changes={"deliveries": count})
    return count


def locked(webhook_id: uuid.UUID, *, by: Actor) -> Webhook:
    """The webhook, with its organisation locked. Raises NotPermitted, DoesNotExist."""
    by.require(Permission.ORG_MANAGEMENT)
    organizations.lock(by.organization)
    return Webhook.objects.of(by.organization).get(pk=webhook_id)


def _said(webhook: Webhook) -> dict[str, object]:
    return {"name": webhook.name, "address": webhook.address, "topics": webhook.topics}


def _told(webhook: Webhook) -> dict[str, object]:
    """What the trail tells of it: never a secret, and of an address only its beginning and its end, for what is in
    between may be one."""
    site = "/".join(webhook.address.split("/", 3)[:3])
    is_short = len(webhook.address) - len(site) <= SHORT_PATH
    return _said(webhook) | {"address": webhook.address if is_short else f"{site}/…{webhook.address[-4:]}"}


def _checked_name(name: str) -> str:
    try:
        return names.checked(name)
    except names.BadName as refusal:
        raise NotAllowed("name", refusal.message) from None


def _checked_topics(topics: Iterable[str]) -> list[str]:
    wanted = set(topics)
    if not wanted:
        raise NotAllowed("topics", _("Choose at least one topic."))
    if not wanted <= set(Topic):
        raise NotAllowed("topics", _("Choose from the topics in the list."))
    return [topic.value for topic in Topic if topic in wanted]
