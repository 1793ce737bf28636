"""Who may open a page. Every view carries exactly one of these; a test walks the URL table."""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpResponse

from accounts.actors import NotPermitted
from accounts.permissions import Permission
from console.acting import as_support
from console.requests import ConsoleRequest

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """Anybody."""
    view.guarded_by = "public"  # type: ignore[attr-defined]
    return view


def _place_of(request: ConsoleRequest) -> str:
    """Where whoever signs in goes on: at the page that was asked for; or at the one with the form, which was lost."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return urlsplit(request.headers.get("Referer", "")).path or "/"


def _guarded(view: View, name: str, may_enter: Callable[[ConsoleRequest], None]) -> View:
    @functools.wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_place_of(request))
        try:
            may_enter(request)
            return view(request, *args, **kwargs)
        except NotPermitted as refusal:
            raise PermissionDenied(refusal.permission) from refusal
        except ObjectDoesNotExist as absence:
            raise Http404 from absence

    guarded.guarded_by = name  # type: ignore[attr-defined]
    return guarded


def signed_in(view: View) -> View:
    """Anybody who is signed in, whether or not they are a member of anything."""
    return _guarded(view, "signed_in", lambda request: None)


def _must_be_member(request: ConsoleRequest) -> None:
    if request.member is None:
        raise Http404


def member(view: View) -> View:
    """An active member of the chosen organisation; to everybody else the page does not exist."""
    return _guarded(view, "member", _must_be_member)


def requires(*permissions: Permission) -> Callable[[View], View]:
    """A member who holds at least one of the permissions; other members are refused."""

    def must_hold(request: ConsoleRequest) -> None:
        _must_be_member(request)
        if request.actor is not None:
            request.actor.require(*permissions)

    return lambda view: _guarded(view, "requires:" + "|".join(permissions), must_hold)


def requires_or_support(*permissions: Permission) -> Callable[[View], View]:
    """Support staff; or a member who holds at least one of the permissions."""

    def must_hold(request: ConsoleRequest) -> None:
        if not request.user.is_support:
            _must_be_member(request)
            if request.actor is not None:
                request.actor.require(*permissions)

    return lambda view: _guarded(view, "requires_or_support:" + "|".join(permissions), must_hold)


def support(view: View) -> View:
    """Support staff, acting as such even where they are a member; to everybody else the page does not exist."""

    def must_be_support(request: ConsoleRequest) -> None:
        if not request.user.is_support:
            raise Http404
        request.actor = as_support(request)

    return _guarded(view, "support", must_be_support)
