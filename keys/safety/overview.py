"""What the safety center shows of an organisation at a glance."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from accounts.actors import Actor
from accounts.builtin_roles import ADMIN
from accounts.models import Member, Status
from keys.models import BrowserSighting, Credential, Leak, Where
from keys.safety import traces
from keys.safety.traces import Trace

SHOWN = 50
"""How many of what asks for a look are listed; all are counted."""
PENDING_LONG = timedelta(days=30)
MOST_ADMINS = 0.1
"""More admins than this share of the members are many."""
FEW_MEMBERS = 10
"""In so small an organisation nobody counts shares."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Counts and lists as of now, of what the actor may know of."""

    open_leaks: int
    quarantined: Trace
    sightings: Trace
    pending: int
    admins: int
    members: int

    @property
    def has_many_admins(self) -> bool:
        return self.members > FEW_MEMBERS and self.admins > self.members * MOST_ADMINS

    @property
    def is_calm(self) -> bool:
        """Whether there is nothing that anybody should look at."""
        counted = (self.open_leaks, self.quarantined.count, self.sightings.count, self.pending, self.has_many_admins)
        return not any(counted)


def of(by: Actor) -> Overview:
    """The overview of the actor's organisation. Four queries, and one more for each list that is cut short."""
    visible = Credential.objects.visible_to(by)
    in_quarantine = visible.where(Where.blocked(by.now)).filter(blocked_until__isnull=True)
    seen = BrowserSighting.objects.filter(credential__in=visible.where(Where.in_browser()))
    people = Member.objects.of(by.organization).users()
    pending = people.in_state(Status.PENDING).filter(created_at__lt=by.now - PENDING_LONG)
    counted = people.aggregate(
        admins=Count("pk", filter=Q(pk__in=people.active().with_role(ADMIN.id).values("pk"))),
        members=Count("pk", filter=Q(pk__in=people.active().values("pk"))),
        pending=Count("pk", filter=Q(pk__in=pending.values("pk"))),
    )
    return Overview(
        open_leaks=Leak.objects.of(by.organization).open().count(),
        quarantined=traces.of(in_quarantine.with_people().order_by("-blocked_at"), shown=SHOWN),
        sightings=traces.of(seen.select_related("credential").order_by("-last_at"), shown=SHOWN),
        **counted,
    )
