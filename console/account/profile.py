"""One's own page: name, language, look, time zone, password, sessions."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import people, sessions
from accounts.refusals import NotAllowed
from console.access import signed_in
from console.account.adapter import doer
from console.forms.errors import add_refusal
from console.forms.profile import ProfileForm
from console.pages import moved, page, posted
from console.requests import ConsoleRequest


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def profile(request: ConsoleRequest) -> HttpResponse:
    """Look at it, or change it; a new language speaks at once."""
    person = request.user
    initial = {field: getattr(person, field) for field in people.PROFILE_FIELDS}
    form = ProfileForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            people.change_profile(person, by=doer(request, person), **form.cleaned_data)
        except NotAllowed as refusal:
            add_refusal(form, refusal)
        else:
            with translation.override(person.language or translation.get_language()):
                messages.success(request, _("Your profile is saved."))
            return moved(reverse("profile"))
    return _profile_page(request, form)


def _profile_page(request: ConsoleRequest, form: ProfileForm) -> HttpResponse:
    alive, current = sessions.of(request.user), request.session.session_key
    context = {
        "form": form,
        "sessions": alive,
        "current_session": current,
        "others": any(session.session_key != current for session in alive),
    }
    return page(request, "account/profile.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def sessions_end(request: ConsoleRequest) -> HttpResponse:
    """End every session but this one."""
    by, kept = doer(request, request.user), request.session.session_key
    ended = people.end_sessions(request.user, by=by, keep_session=kept)
    messages.success(
        request, ngettext("%(n)d other session ended.", "%(n)d other sessions ended.", ended) % {"n": ended}
    )
    return moved(reverse("profile"))
