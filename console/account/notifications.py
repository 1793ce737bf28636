"""What a member was told, and how they want to be told."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.access import member
from console.forms.notifications import ChoicesForm
from console.lists import Order, paged
from console.pages import moved, page, posted
from console.requests import SignedInRequest
from keys.models import Notification
from keys.telling import News, Severity, choices, places, reading

NEWEST = Order("told_at", descending=True)

MARKS = {
    Severity.INFO: ("", "info"),
    Severity.WARNING: ("warn", "triangle-alert"),
    Severity.CRITICAL: ("bad", "shield-alert"),
}
"""How grave news looks: a tone and a symbol."""


@dataclass(frozen=True)
class Entry:
    """A notification as it is read."""

    notification: Notification
    text: str
    url: str
    news: News

    @property
    def tone(self) -> str:
        return MARKS[self.news.severity][0]

    @property
    def symbol(self) -> str:
        return MARKS[self.news.severity][1]


@require_safe
@member
def notification_list(request: SignedInRequest) -> HttpResponse:
    """One's own, the newest first; all of them, or those not read yet."""
    mine = Notification.objects.of(request.member)
    only_unread = request.GET.get("show") == "unread"
    found = paged(mine.unread() if only_unread else mine, NEWEST, request.GET)
    context = {"page": found, "entries": [_entry(row) for row in found.rows], "only_unread": only_unread}
    return page(request, "account/notifications/list.html", context)


def _entry(row: Notification) -> Entry:
    news = News(row.news)
    return Entry(row, news.recalled(row.words), places.path_of(row.target_type, row.target_id), news)


@require_POST
@member
def notification_read(request: SignedInRequest, pk: int) -> HttpResponse:
    """One is read."""
    reading.mark_read(pk, by=request.actor)
    return moved(_back(request))


@require_POST
@member
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    """All are read that were told before the button was pressed."""
    reading.mark_all_read(by=request.actor)
    messages.success(request, _("Everything is marked as read."))
    return moved(_back(request))


def _back(request: SignedInRequest) -> str:
    """The list as it was shown."""
    return reverse("notification-list") + ("?show=unread" if request.POST.get("show") == "unread" else "")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def notification_choices(request: SignedInRequest) -> HttpResponse:
    """Which topics ring the bell, and which come by e-mail and when."""
    form = ChoicesForm(choices.of(request.member), posted(request))
    if request.method == "POST" and form.is_valid():
        choices.choose(form.chosen, by=request.actor)
        messages.success(request, _("Your choice is saved."))
        return moved(reverse("notification-choices"))
    context = {"form": form, "digest_at": choices.next_digest(request.now)}
    return page(request, "account/notifications/choices.html", context, status=422 if form.is_bound else 200)
