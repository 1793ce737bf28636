"""How allauth's sign-in behaves here: closed to strangers, and every step of it in the audit trail."""

import logging
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from accounts import people
from accounts.actors import Actor
from accounts.models import Person
from console.acting import visitor
from console.requests import ConsoleRequest

log = logging.getLogger(__name__)


def display(person: Person) -> str:
    """What a person is called."""
    return person.name or person.email


def doer(request: ConsoleRequest, person: Person) -> Actor:
    """Who changes something about the person: themselves, as they act now, or whoever came by a link for them."""
    if request.user == person and request.actor:
        return request.actor
    return visitor(request, label=display(person))


class Adapter(DefaultAccountAdapter):
    """allauth's hooks. What cannot be audited does not happen: the record is part of the same transaction."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by invitation alone."""
        return False

    def login(self, request: ConsoleRequest, user: Person) -> None:
        """Record the sign-in, begin the session and list it among the person's, or none of it."""
        with transaction.atomic():
            people.signed_in(user, by=visitor(request, label=display(user)))
            super().login(request, user)
            UserSession.objects.create_from_request(request)

    def logout(self, request: ConsoleRequest) -> None:
        """Record the sign-out and end the session, or neither."""
        with transaction.atomic():
            if request.user.is_authenticated:
                people.signed_out(request.user, by=doer(request, request.user))
            super().logout(request)

    def authentication_failed(self, request: ConsoleRequest, **credentials: Any) -> None:
        """Record a refused sign-in; attempts that are throttled never come here."""
        people.refused(str(credentials.get("email", "")), by=visitor(request))

    def respond_user_inactive(self, request: ConsoleRequest, user: Person) -> HttpResponse:
        """Record that somebody disabled gave the right password, and send them away."""
        people.refused(user.email, by=visitor(request))
        return super().respond_user_inactive(request, user)

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Ask for the password again, throttled and audited as a sign-in is."""
        return self.authenticate(self.request, email=user.email, password=password) == user

    def set_password(self, user: Person, password: str) -> None:
        """Change the password, record it, and end the person's sessions: all but this one for somebody who gave the
        old password, every one of them for somebody who came by a link."""
        request = self.request
        by_link = request.resolver_match.url_name != "account_change_password"
        with transaction.atomic():
            keep = None if by_link else request.session.session_key
            people.set_password(user, password, by=doer(request, user), keep_session=keep)
            if by_link and request.user == user:
                self.logout(request)
        if not by_link:
            messages.success(request, gettext("Your password is changed, and your other sessions are ended."))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the profile, where the sessions are listed."""
        return reverse("profile")

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the next page shows who is signed in, and what was changed is said in this project's words."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the person's own language, in this product's name."""
        language = getattr(context.get("user"), "language", "") or translation.get_language() or "en"
        try:
            with translation.override(language):
                super().send_mail(template_prefix, email, context | {"product": settings.PRODUCT_NAME})
        except OSError:  # smtplib's errors are OSErrors; an error page would say that the address is known
            log.exception("A mail could not be sent.")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the mail: at the address this installation is known by, whatever host was asked."""
        place = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + place.replace("UID-KEY", quote(key))

    def get_client_ip(self, request: ConsoleRequest) -> str:
        """The address throttles count by."""
        return request.client_ip or "0.0.0.0"  # noqa: S104 - not an address to listen on
