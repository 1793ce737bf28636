"""The mails that wait, and sending them: what is told at once within a minute, the rest as one mail a day.

Rows are claimed in a transaction of their own before anything is sent, so two ticks never send the same; and they are
marked as sent in another one after it. A process that is killed between the two leaves a claim that ends after LEASE,
and the mail leaves again: at least once, never not at all.
"""

import logging
import smtplib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet
from django.urls import reverse

from accounts import notices, organizations
from accounts.actors import Actor
from accounts.models import Organization, Status
from accounts.permissions import Permission
from audit import log
from audit.events import Event
from keys.models import Mail, MailChoice
from keys.telling import choices, leases, places
from keys.telling.news import News

logger = logging.getLogger(__name__)

QUIET = timedelta(minutes=10)
"""After a mail that was told at once, the next one to the same address gathers what comes for so long."""
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""How long after each failed attempt the next one is made; after later ones, as long as after the last of these."""
DAY = timedelta(days=1)
"""Nothing is due later than that."""
GIVE_UP = timedelta(days=4)
"""After so long, and more attempts than are named above, a mail is given up."""
MOST_RECIPIENTS = 100
MOST_ROWS = 5_000
MOST_LINES = 50
BUDGET_SECONDS = 25.0
_ABOUT_ONE_MAIL = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)


@dataclass(frozen=True)
class Line:
    """One line of a mail. It is said when the mail is written, in its reader's language."""

    mail: Mail

    @property
    def text(self) -> str:
        return " ".join(News(self.mail.news).recalled(self.mail.words).split())

    @property
    def link(self) -> str:
        return places.link_to(self.mail.target_type, self.mail.target_id)


@dataclass(frozen=True)
class Part:
    """What a mail says of one organisation: the latest first, and how many more there are."""

    organization: Organization
    lines: Sequence[Line]
    more: int


def send(now: datetime) -> int:
    """Send what is due; how many mails left. What fails is tried again, later and later, and given up after GIVE_UP."""
    until, sent, is_away = time.monotonic() + BUDGET_SECONDS, 0, False
    while not is_away and time.monotonic() < until and (claimed := _claim(now)) is not None:
        while claimed and not is_away and time.monotonic() < until:
            address, mails = claimed.popitem()
            error = _sent(address, mails, now)
            sent += error is None
            is_away = isinstance(error, OSError) and not isinstance(error, _ABOUT_ONE_MAIL)
        for mails in claimed.values():
            _rows(mails).update(claimed_at=None)
    return sent


def _sent(address: str, mails: Sequence[Mail], now: datetime) -> Exception | None:
    """Send one mail, and write down that it left or why it did not."""
    try:
        notices.send_to(address, "email/news.txt", context(mails))
    except Exception as error:
        is_ours = not isinstance(error, OSError)
        logger.warning("A mail could not be sent: %s", _named(error), exc_info=is_ours)
        _failed(mails, error, now)
        return error
    _rows(mails).update(sent_at=now, claimed_at=None, error="")
    return None


@transaction.atomic
def _claim(now: datetime) -> dict[str, list[Mail]] | None:
    """What is due and need not wait, by the address it goes to; None when nothing is due. Members who have left are
    told nothing any more."""
    due = Mail.objects.waiting().filter(leases.free(now), leases.due(now, at_most=DAY))
    longest = due.values("member", "address").annotate(since=Min("due_at")).order_by("since")
    theirs = Q(pk__in=[])
    for member_id, address, _since in longest.values_list("member", "address", "since")[:MOST_RECIPIENTS]:
        theirs |= Q(member=member_id, address=address)
    by_address: defaultdict[str, list[Mail]] = defaultdict(list)
    gone: list[Mail] = []
    found = due.filter(theirs).select_for_update(skip_locked=True, of=("self",))
    rows = list(found.select_related("organization", "member").order_by("-told_at", "-pk")[:MOST_ROWS])
    if not rows:
        return None
    for mail in rows:
        to = mail.member.email if mail.member else mail.address
        has_left = mail.member is not None and mail.member.status is not Status.ACTIVE
        (gone if has_left else by_address[to]).append(mail)
    _rows(gone).delete()
    claimed = _without_floods(by_address, now)
    _rows([mail for mails in claimed.values() for mail in mails]).update(claimed_at=now)
    return claimed


def _without_floods(by_address: dict[str, list[Mail]], now: datetime) -> dict[str, list[Mail]]:
    """The same without what must wait because a mail has just left: one a day of what can wait. It is due later."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    kept = by_address
    for choice, since in ((MailChoice.AT_ONCE, now - QUIET), (MailChoice.DAILY, today)):
        recent = Mail.objects.filter(choice=choice, sent_at__gt=since, sent_at__lte=now)
        theirs = recent.filter(Q(member__email__in=by_address) | Q(member=None, address__in=by_address))
        for email, address, last in theirs.values_list("member__email", "address").annotate(last=Max("sent_at")):
            to = email or address
            held = [mail for mail in kept[to] if mail.choice == choice]
            _rows(held).update(due_at=choices.next_digest(now) if choice == MailChoice.DAILY else last + QUIET)
            kept = kept | {to: [mail for mail in kept[to] if mail.choice != choice]}
    return {address: mails for address, mails in kept.items() if mails}


def context(mails: Sequence[Mail]) -> dict[str, object]:
    """What the template of a mail needs."""
    once = {(mail.organization_id, mail.key): mail for mail in mails}
    ordered = sorted(once.values(), key=lambda mail: (mail.organization.name, mail.organization_id))
    parts = []
    for _organization_id, group in groupby(ordered, key=lambda mail: mail.organization_id):
        told = [Line(mail) for mail in group]
        parts.append(Part(told[0].mail.organization, told[:MOST_LINES], max(0, len(told) - MOST_LINES)))
    return {
        "parts": parts,
        "first": parts[0].lines[0],
        "count": len(once),
        "is_member": any(mail.member_id for mail in mails),
        "notifications": settings.SITE_URL + reverse("notification-list"),
        "choices": settings.SITE_URL + reverse("notification-choices"),
        "product": settings.PRODUCT_NAME,
    }


@transaction.atomic
def _failed(mails: Sequence[Mail], error: Exception, now: datetime) -> None:
    """Each as it is by now: somebody may have sent it again by hand meanwhile."""
    known = list(_rows(mails).select_for_update().order_by("pk"))
    for mail in known:
        mail.due_at = now + BACK_OFF[min(mail.attempts, len(BACK_OFF) - 1)]
        mail.attempts += 1
        mail.claimed_at, mail.error = None, _named(error)
        is_hopeless = mail.attempts > len(BACK_OFF) and now - mail.told_at >= GIVE_UP
        mail.dead_at = now if is_hopeless else None
    Mail.objects.bulk_update(known, ["due_at", "attempts", "claimed_at", "error", "dead_at"], 500)


@transaction.atomic
def send_again(*, only: int | None = None, by: Actor) -> int:
    """Try again, as if they were new, the organisation's mails that were given up; or only one, which may also wait for
    its next attempt. How many: what left meanwhile, or was sent again by somebody else, is left as it is. Raises
    NotPermitted; Mail.DoesNotExist for one of others."""
    by.require(Permission.ORG_MANAGEMENT)
    organization = organizations.lock(by.organization)
    ours = Mail.objects.filter(organization=organization)
    found = ours.dead()
    if only is not None:
        found = ours.filter(pk=ours.get(pk=only).pk, sent_at=None, attempts__gt=0)
    count = found.update(due_at=by.now, dead_at=None, attempts=0)
    if count:
        log.record(Event.MAILS_SENT_AGAIN, by=by, target=organizations.target(organization), changes={"mails": count})
    return count


def _named(error: Exception) -> str:
    """What went wrong, without what the server answered: that may quote the mail."""
    return " ".join([type(error).__name__, str(getattr(error, "smtp_code", ""))]).strip()


def _rows(mails: Sequence[Mail]) -> QuerySet[Mail]:
    return Mail.objects.filter(pk__in=[mail.pk for mail in mails])
