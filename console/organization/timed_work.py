"""Timed work: when it was last done, and what could not be."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission as P
from console.access import requires, requires_or_support
from console.lists import Order, paged
from console.pages import moved, page
from console.requests import SignedInRequest
from keys import tick
from keys.models import Mail
from keys.telling import News, mails

WORDS = {
    "rotations": gettext_lazy("Ends the old key of a rotation when its time has come."),
    "blocks": gettext_lazy("Lifts brown-outs that are over."),
    "reminders": gettext_lazy("Reminds people of what expires and what is due for rotation."),
    "hygiene.scan": gettext_lazy("Looks for what the controls of key hygiene find, once a day."),
    "hygiene.enforce": gettext_lazy("Announces what the controls are about to do by themselves, and does it."),
    "contacts.remind": gettext_lazy("Reminds the admins of reviewing the security contacts."),
    "mails": gettext_lazy("Sends the mails that are due."),
    "webhooks": gettext_lazy("Delivers to webhooks what is due."),
    "notifications.forget": gettext_lazy("Forgets notifications after fifteen months."),
}
"""What each job does."""
NEWEST = Order("told_at", descending=True)


@require_safe
@requires_or_support(P.ORG_MANAGEMENT)
def timed_work(request: SignedInRequest) -> HttpResponse:
    """Each job's last run; and the organisation's mails that wait after a failure, or were given up."""
    states = tick.states(request.now)
    unsent = Mail.objects.filter(organization_id=request.actor.organization_id, sent_at=None).exclude(error="")
    found = paged(unsent.select_related("member"), NEWEST, request.GET, size=20)
    context = {
        "rows": [(state, WORDS[state.job]) for state in states],
        "complete_at": _complete_at(states),
        "is_late": any(state.is_late for state in states),
        "runs_itself": settings.TICK,
        "page": found,
        "unsent": [(mail, News(mail.news).topic.label) for mail in found.rows],
        "dead": unsent.dead().count(),
        "give_up_days": mails.GIVE_UP.days,
        "has_mail_server": settings.EMAIL_IS_SET_UP,
    }
    return page(request, "organization/timed_work.html", context)


@require_POST
@requires(P.ORG_MANAGEMENT)
def mail_send_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have a mail sent again that was given up, or waits; the next tick does it."""
    messages.success(request, sent_again(mails.send_again(only=pk, by=request.actor)))
    return moved(reverse("timed-work") + "#mails")


@require_POST
@requires(P.ORG_MANAGEMENT)
def mail_send_all_again(request: SignedInRequest) -> HttpResponse:
    """Have all sent again that were given up."""
    messages.success(request, sent_again(mails.send_again(by=request.actor)))
    return moved(reverse("timed-work") + "#mails")


def sent_again(count: int) -> str:
    """What happens to so many that are sent again."""
    said = ngettext("%(n)d is sent again within a minute.", "%(n)d are sent again within a minute.", count)
    return said % {"n": count} if count else _("Nothing was left to be sent again.")


def _complete_at(states: list[tick.State]) -> datetime | None:
    """Since when every job has been done; None while one never was."""
    ended = [state.run.finished_at if state.run else None for state in states]
    return None if None in ended else min(at for at in ended if at)
