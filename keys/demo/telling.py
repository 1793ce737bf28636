"""Whom the demo has told what: a webhook of its own that once broke, and mails that left long ago."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F

from accounts.actors import Actor
from keys import recipients, reminders, telling
from keys.models import Delivery, Mail, Notification, Webhook
from keys.safety import contacts
from keys.telling import News, Topic, webhooks

HOOK = "security-channel"
_READ_AFTER = timedelta(days=7)


def _listening(by: Actor) -> None:
    topics = [Topic.LEAKS, Topic.WEBHOOKS]
    made = webhooks.create(name=HOOK, address="https://hooks.acme.example/keyhouse", topics=topics, by=by)
    _taken(webhooks.test(made.webhook.pk, by=by))


def _broken(by: Actor) -> None:
    """It stopped answering, and was disabled."""
    hook = _hook(by)
    failed = webhooks.test(hook.pk, by=by)
    failed.attempts, failed.tried_at, failed.dead_at, failed.error = 9, by.now, by.now, "it answered 503"
    failed.save(update_fields=["attempts", "tried_at", "dead_at", "error"])
    webhooks.switch(hook.pk, on=False, by=by)
    telling.tell(
        News.WEBHOOK_DISABLED,
        organization_id=by.organization,
        to=recipients.admins(by.organization),
        about=webhooks.target(hook),
        words={"error": failed.error},
        key=f"webhook.disabled:{hook.pk}",
        now=by.now,
    )


def _mended(by: Actor) -> None:
    hook = webhooks.switch(_hook(by).pk, on=True, by=by)
    _taken(webhooks.test(hook.pk, by=by))


def _reminded(by: Actor) -> None:
    reminders.remind(by.now)
    contacts.remind(by.now)


def _taken(delivery: Delivery) -> None:
    delivery.attempts, delivery.tried_at, delivery.delivered_at = 1, delivery.told_at, delivery.told_at
    delivery.save(update_fields=["attempts", "tried_at", "delivered_at"])


def _hook(by: Actor) -> Webhook:
    return Webhook.objects.of(by.organization).get(name=HOOK)


STEPS: tuple[tuple[float, str, Callable[[Actor], None]], ...] = (
    (96.4, "Aiko Tanaka", _listening),
    (20.6, "Aiko Tanaka", _broken),
    (20.2, "Aiko Tanaka", _mended),
    *((days + 0.1, "Aiko Tanaka", _reminded) for days in (*range(0, 30, 2), *range(30, 300, 10))),
)
"""Days before now, who did it, and what."""


def settle(now: datetime) -> None:
    """What the demo's past told has been sent, and what is older than a week read: nobody there is written to."""
    Mail.objects.waiting().update(sent_at=F("told_at"))
    Delivery.objects.waiting().update(attempts=1, tried_at=F("told_at"), delivered_at=F("told_at"))
    Notification.objects.filter(told_at__lt=now - _READ_AFTER).update(read_at=F("told_at") + timedelta(hours=3))
