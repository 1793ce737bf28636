"""What the middleware adds to a request, for type checkers and readers."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.actors import Actor
from accounts.models import Member, Person


class ConsoleRequest(HttpRequest):
    """A request to a page. `actor` is whoever acts: a member in the chosen organisation, or support staff."""

    now: datetime
    id: str
    client_ip: str
    whence: dict[str, Any]
    htmx: HtmxDetails
    actor: Actor | None
    member: Member | None
    memberships: list[Member]


class SignedInRequest(ConsoleRequest):
    """A request behind @member or @requires: somebody acts, in an organisation. (Support staff are no member.)"""

    actor: Actor
    member: Member
    user: Person
