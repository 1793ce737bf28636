"""The other end of an invitation link."""

from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import invitations, people
from accounts.models import Invitation, Member, Person
from accounts.names import BadName
from console.access import public
from console.acting import SESSION_KEY, visitor
from console.forms.invitations import JoinForm
from console.pages import moved, page
from console.requests import ConsoleRequest

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@public
def invitation_accept(request: ConsoleRequest, token: str) -> HttpResponse:
    """Join an organisation: with a new name and password, or as the person one already is."""
    try:
        invitation = invitations.find(token, now=request.now)
    except invitations.Unusable:
        return page(request, "account/invitation_unusable.html", status=410)
    known = invitations.known_person(invitation)
    if known and known != request.user:
        return page(request, "account/invitation.html", _context(invitation, sign_in_first=True))
    form = None if known else JoinForm(request.POST if request.method == "POST" else None, initial=_initial(invitation))
    if request.method == "POST" and (form is None or form.is_valid()):
        member = _accept(request, token, known, form)
        if member:
            return _enter(request, member)
    status = 422 if form is not None and form.is_bound else 200
    return page(request, "account/invitation.html", _context(invitation) | {"form": form}, status=status)


def _context(invitation: Invitation, *, sign_in_first: bool = False) -> dict[str, object]:
    return {
        "organization": invitation.member.organization,
        "invited": invitation.member,
        "sign_in_first": sign_in_first,
    }


def _initial(invitation: Invitation) -> dict[str, str]:
    guessed = invitation.member.email.partition("@")[0]
    return {"name": "" if invitation.member.name == guessed else invitation.member.name}


def _accept(request: ConsoleRequest, token: str, known: Person | None, form: JoinForm | None) -> Member | None:
    """The new member, or None with the reason in the form."""
    answers = form.cleaned_data if form else {}
    try:
        return invitations.accept(token, by=visitor(request), person=known, **answers)
    except BadName as refusal:
        if form:
            form.add_error("name", refusal.message)
    except ValidationError as refusal:
        if form:
            form.add_error("password", refusal)
    return None


def _enter(request: ConsoleRequest, member: Member) -> HttpResponse:
    """Sign a new person in, and act in the organisation they joined."""
    if request.user != member.person and member.person:
        people.signed_in(member.person, by=visitor(request, label=member.name))
        login(request, member.person, backend=BACKEND)
    request.session[SESSION_KEY] = str(member.id)
    return moved(reverse("home"))
