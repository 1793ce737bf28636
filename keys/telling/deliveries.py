"""What waits for webhooks, and delivering it: several webhooks at once, none held up by another.

Deliveries are claimed before anything is sent and marked after it, as mails are: one that is cut off between the two
is sent again with the same `webhook-id`, by which whoever takes it knows that it came before.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import aiohttp
from django.db import transaction
from django.db.models import Min, QuerySet

from accounts import organizations
from keys import egress, recipients, sealing
from keys.models import Delivery, Webhook
from keys.steps import each
from keys.telling import leases, signing, webhooks
from keys.telling.announcing import tell
from keys.telling.news import News

logger = logging.getLogger(__name__)

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 720, 720))
"""How long after each failed attempt the next one is made; after the last, two days after the first, none is."""
DISABLED_AFTER = timedelta(days=4)
"""A webhook that has taken nothing for so long is disabled."""
MOST_WEBHOOKS, MOST_EACH = 50, 50
BUDGET_SECONDS = 20.0


@dataclass(frozen=True)
class Attempt:
    """What came of sending one: an error in English, for whoever runs the other side; or none."""

    delivery: Delivery
    error: str
    is_gone: bool = False


def send(now: datetime, *, only: uuid.UUID | None = None) -> int:
    """Deliver what is due, or only this one; how many were taken. What fails is tried again by BACK_OFF."""
    until, taken, failing = time.monotonic() + BUDGET_SECONDS, 0, set[uuid.UUID]()
    while time.monotonic() < until and (claimed := _claim(now, only=only, without=failing)):
        attempts = asyncio.run(_attempt_all(claimed, now, until))
        tried = {attempt.delivery.pk for attempt in attempts}
        _leave(one.pk for waiting in claimed.values() for one in waiting if one.pk not in tried)
        taken += each(attempts, lambda attempt: _note(attempt, now))
        failing |= {attempt.delivery.webhook_id for attempt in attempts if attempt.error}
    return taken


@transaction.atomic
def _claim(
    now: datetime, *, only: uuid.UUID | None = None, without: Collection[uuid.UUID] = ()
) -> dict[uuid.UUID, list[Delivery]]:
    """What is due, by webhook: what failed before comes last, so that it holds up nothing else."""
    theirs = Delivery.objects.waiting().filter(leases.free(now), webhook__disabled_at__isnull=True)
    due = theirs.filter(leases.due(now, at_most=max(BACK_OFF)))
    due = due.filter(pk=only) if only else due.exclude(webhook__in=without)
    waiting = due.values("webhook").annotate(since=Min("due_at")).order_by("since").values_list("webhook", flat=True)
    claimed = {webhook: _claim_of(due.filter(webhook=webhook)) for webhook in waiting[:MOST_WEBHOOKS]}
    taken = [delivery.pk for deliveries in claimed.values() for delivery in deliveries]
    Delivery.objects.filter(pk__in=taken).update(claimed_at=now)
    return {webhook: deliveries for webhook, deliveries in claimed.items() if deliveries}


def _claim_of(due: QuerySet[Delivery]) -> list[Delivery]:
    found = due.select_for_update(skip_locked=True, of=("self",)).select_related("webhook")
    return list(found.order_by("attempts", "due_at", "told_at")[:MOST_EACH])


async def _attempt_all(claimed: dict[uuid.UUID, list[Delivery]], now: datetime, deadline: float) -> list[Attempt]:
    async with egress.session() as client:
        made = await asyncio.gather(*(_attempt_each(client, waiting, now, deadline) for waiting in claimed.values()))
    return [attempt for attempts in made for attempt in attempts]


async def _attempt_each(
    client: aiohttp.ClientSession, waiting: list[Delivery], now: datetime, deadline: float
) -> list[Attempt]:
    """Send one webhook's, until one fails: then the rest wait for the next tick."""
    made: list[Attempt] = []
    for delivery in waiting:
        made.append(await _attempt(client, delivery, now))
        if made[-1].error or time.monotonic() > deadline:
            break
    return made


async def _attempt(client: aiohttp.ClientSession, delivery: Delivery, now: datetime) -> Attempt:
    try:
        headers = signing.headers(str(delivery.pk), delivery.body, secrets=_secrets(delivery.webhook, now), now=now)
        status = await egress.post(client, delivery.webhook.address, delivery.body.encode(), headers)
    except sealing.Unreadable:
        return Attempt(delivery, "its secret can no longer be read: give it a new one")
    except egress.NotReached as failure:
        return Attempt(delivery, str(failure))
    except Exception:
        logger.exception("A delivery could not be attempted.")  # of one webhook: the others go on
        return Attempt(delivery, "it could not be sent")
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Attempt(delivery, "")
    return Attempt(delivery, f"it answered {status}", is_gone=status == HTTPStatus.GONE)


def _secrets(webhook: Webhook, now: datetime) -> list[str]:
    sealed = [webhook.secret]
    if webhook.previous_secret and webhook.previous_until and now < webhook.previous_until:
        sealed.append(webhook.previous_secret)
    return [sealing.unseal(bytes(one)) for one in sealed]


@transaction.atomic
def _leave(delivery_ids: Iterable[uuid.UUID]) -> None:
    """Let go of what was taken and not tried. What somebody else is at is free after its lease."""
    mine = Delivery.objects.filter(pk__in=list(delivery_ids)).select_for_update(skip_locked=True)
    Delivery.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(claimed_at=None)


@transaction.atomic
def _note(attempt: Attempt, now: datetime) -> bool:
    """Write down what came of it. The delivery may have been deleted meanwhile, or be tried again by hand."""
    organizations.lock(attempt.delivery.webhook.organization_id)
    delivery = Delivery.objects.waiting().select_related("webhook").filter(pk=attempt.delivery.pk).first()
    if delivery is None:
        return False
    delivery.attempts += 1
    delivery.tried_at, delivery.claimed_at, delivery.error = now, None, attempt.error
    if not attempt.error:
        delivery.delivered_at = now
    elif attempt.is_gone or delivery.attempts > len(BACK_OFF):
        delivery.dead_at = now
    else:
        delivery.due_at = now + BACK_OFF[delivery.attempts - 1]
    delivery.save(update_fields=["attempts", "tried_at", "claimed_at", "error", "delivered_at", "dead_at", "due_at"])
    _judge(delivery.webhook, attempt, now)
    return not attempt.error


def _judge(webhook: Webhook, attempt: Attempt, now: datetime) -> None:
    """Remember since when it fails; disable it when that is too long, or when it says that it is gone."""
    before = webhook.failing_since
    webhook.failing_since = (before or now) if attempt.error else None
    is_hopeless = before is not None and bool(attempt.error) and now - before >= DISABLED_AFTER
    is_ending = (attempt.is_gone or is_hopeless) and not webhook.disabled_at
    if is_ending:
        webhook.disabled_at, webhook.disabled_because = now, attempt.error
    webhook.save(update_fields=["failing_since", "disabled_at", "disabled_because"])
    if is_ending:
        tell(
            News.WEBHOOK_GONE if attempt.is_gone else News.WEBHOOK_DISABLED,
            organization_id=webhook.organization_id,
            to=recipients.admins(webhook.organization_id),
            about=webhooks.target(webhook),
            words={"error": attempt.error},
            key=f"webhook.disabled:{webhook.pk}:{now.isoformat()}",
            now=now,
        )
