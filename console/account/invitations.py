"""The other end of an invitation link."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import invitations
from accounts.models import Invitation, Member, Person
from accounts.names import BadName
from console.access import public
from console.acting import SESSION_KEY, visitor
from console.forms.invitations import JoinForm
from console.pages import moved, page, posted
from console.requests import ConsoleRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public
def invitation_accept(request: ConsoleRequest, token: str) -> HttpResponse:
    """Join an organisation: with a new name and password, or as the person one already is."""
    try:
        invitation = invitations.find(token, now=request.now)
        known = invitations.known_person(invitation)
        if known != (request.user if request.user.is_authenticated else None):
            raise invitations.SignInFirst
        return _join(request, invitation, token, known)
    except invitations.SignInFirst:
        return _sign_in_first(request, invitation)
    except invitations.Unusable:
        return page(request, "account/invitation_unusable.html", status=410)


def _join(request: ConsoleRequest, invitation: Invitation, token: str, known: Person | None) -> HttpResponse:
    form = None if known else JoinForm(posted(request), initial=_initial(invitation))
    if request.method == "POST" and (form is None or form.is_valid()):
        member = _accepted(request, token, known, form)
        if member:
            return _enter(request, member)
    status = 422 if form is not None and form.is_bound else 200
    return page(request, "account/invitation.html", {"invited": invitation.member, "form": form}, status=status)


def _initial(invitation: Invitation) -> dict[str, str]:
    """The name the member goes by, unless it was only guessed from the address."""
    guessed = invitation.member.email.partition("@")[0]
    return {"name": "" if invitation.member.name == guessed else invitation.member.name}


def _accepted(request: ConsoleRequest, token: str, known: Person | None, form: JoinForm | None) -> Member | None:
    """The new member, or None with the reason in the form."""
    if form is None:
        return invitations.accept(token, by=visitor(request), person=known)
    try:
        return invitations.accept(token, by=visitor(request), **form.cleaned_data)
    except BadName as refusal:
        form.add_error("name", refusal.message)
    except ValidationError as refusal:
        form.add_error("password", refusal)
    return None


def _enter(request: ConsoleRequest, member: Member) -> HttpResponse:
    """Sign a new person in, and act in the organisation they joined."""
    if request.user != member.person:
        get_adapter(request).login(request, member.person)
    request.session[SESSION_KEY] = str(member.id)
    return moved(reverse("home"))


def _sign_in_first(request: ConsoleRequest, invitation: Invitation) -> HttpResponse:
    """The link is good, but for somebody else than who is looking at it."""
    context = {"invited": invitation.member, "sign_in_first": True}
    return page(request, "account/invitation.html", context, status=409 if request.method == "POST" else 200)
