"""The e-mails this room sends, in the reader's language and time zone where they are known."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Member, Person


def invitation_link(token: str) -> str:
    """The address that accepts an invitation."""
    return settings.SITE_URL + reverse("invitation-accept", args=[token])


def invitation(member: Member, *, token: str, inviter: str, expires_at: datetime) -> None:
    """Tell somebody that they were invited, with the link that lets them in and until when."""
    context = {
        "member": member,
        "inviter": inviter,
        "link": invitation_link(token),
        "expires_at": expires_at.astimezone(UTC),
        "product": settings.PRODUCT_NAME,
    }
    send(member, "email/invitation.txt", context)


def send(member: Member, template: str, context: dict[str, object]) -> None:
    """Send a member what the template says, as they read it. Its first line is the subject."""
    send_to(member.email, template, context)


def send_to(email: str, template: str, context: dict[str, object]) -> None:
    """The same to an address, whoever reads it. Raises what the mail server does."""
    person = Person.objects.filter(email=email).first()
    language = (person and person.language) or translation.get_language() or "en"
    with translation.override(language), timezone.override(_zone(person)):
        subject, _, body = render_to_string(template, context).partition("\n")
        send_mail(subject.strip(), body.strip() + "\n", None, [email])


def _zone(person: Person | None) -> tzinfo:
    try:
        return ZoneInfo(person.time_zone) if person else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
