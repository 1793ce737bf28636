"""What controls look for among credentials."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Member, Sort
from keys import ownership, policies, rotation
from keys.hygiene import scopes
from keys.hygiene.findings import Found, Look
from keys.kinds import KINDS, Kind, Rule
from keys.models import Credential, Facet, UsageFacet, Where

MOST_NAMED = 5
"""Programs or networks that a finding names."""

Among = Callable[[Look], QuerySet[Any]]
Find = Callable[[Look], list[Found]]

NARROWABLE = tuple(kind for kind in KINDS if kind.scopes is not Rule.NONE)
SECRET = tuple(kind for kind in KINDS if not kind.is_public)
ENDLESS = tuple(kind for kind in KINDS if kind.expiry is Rule.OPTIONAL)
OWNED_BY_ALL = tuple(kind for kind in KINDS if kind.belongs_to_organization)


def of_kinds(kinds: Sequence[Kind]) -> Among:
    """All that let somebody in, of these kinds."""

    def among(look: Look) -> QuerySet[Credential]:
        return look.credentials().filter(kind__in=kinds)

    return among


def unused(kinds: Sequence[Kind], parameter: str) -> Find:
    """Those that are as old as the parameter says at least, and were not used for as long."""

    def find(look: Look) -> list[Found]:
        rows = of_kinds(kinds)(look).filter(Where.unused_since(look.now - look.days(parameter)))
        return [found(row, last_used_at=_moment(row.last_used_at)) for row in rows]

    return find


def of_unknown_owner(look: Look) -> list[Found]:
    """Those for which nobody answers."""
    rows = of_kinds(OWNED_BY_ALL)(look).filter(Where.unknown_owner())
    return [found(row, left=gone.name if (gone := _named(row)) else None) for row in rows]


def overdue(look: Look) -> list[Found]:
    """Those whose kind is to be rotated, and that are older than that."""
    by_kind = policies.all_of(look.organization_id)
    rows = look.credentials().filter(rotation.rule_overdue(by_kind, look.now))
    return [found(row, due_at=_moment(rotation.due_at(row, by_kind[row.kind]))) for row in rows]


def never_ending(look: Look) -> list[Found]:
    """Those without an end though they could have one."""
    return [found(row) for row in of_kinds(ENDLESS)(look).filter(expires_at__isnull=True)]


def unscoped(look: Look) -> list[Found]:
    """Those with all of their owner's access."""
    return [found(row) for row in look.credentials().filter(Where.unscoped())]


def narrowable(look: Look) -> QuerySet[Credential]:
    """Those that have scopes."""
    return of_kinds(NARROWABLE)(look).filter(scopes__isnull=False)


def too_wide(look: Look) -> list[Found]:
    """Those with scopes, some of which were used lately and others not."""
    rows = list(narrowable(look).filter(created_at__lt=look.now - look.days("scope_threshold")))
    used = scopes.used(rows, look.organization_id, since=look.now - look.days("scope_threshold"))
    return [
        found(row, used_scopes=sorted(used[row.pk]), unused_scopes=sorted(set(row.scopes or ()) - used[row.pk]))
        for row in rows
        if used.get(row.pk) and not set(row.scopes or ()) <= used[row.pk]
    ]


def shared(look: Look) -> list[Found]:
    """Those that so many programs, or so many networks, used lately: nobody can tell who it was."""
    first = (look.now - look.days("usage_window")).date()
    facets = UsageFacet.objects.of(look.organization_id).filter(good__gt=0, day__gte=first)
    if look.only:
        facets = facets.with_credential(look.only)
    counted = facets.values("credential_id").annotate(
        clients=Count("value", distinct=True, filter=Q(facet=Facet.CLIENT)),
        networks=Count("value", distinct=True, filter=Q(facet=Facet.NETWORK)),
    )
    least = look.parameters
    several = counted.filter(Q(clients__gte=least["client_threshold"]) | Q(networks__gte=least["network_threshold"]))
    numbers = {row["credential_id"]: row for row in several.order_by()}
    rows = of_kinds(SECRET)(look).filter(pk__in=numbers)
    named = _clients(facets.filter(credential_id__in=numbers))
    return [found(row, clients=named.get(row.pk, []), networks=numbers[row.pk]["networks"]) for row in rows]


def _clients(facets: QuerySet[Any]) -> dict[uuid.UUID, list[str]]:
    """The programs by credential, the busiest not first: by name."""
    named: dict[uuid.UUID, list[str]] = {}
    rows = facets.filter(facet=Facet.CLIENT).order_by("value").values_list("credential_id", "value").distinct()
    for pk, value in rows:
        named.setdefault(pk, []).append(value)
    return {pk: values[:MOST_NAMED] for pk, values in named.items()}


def found(credential: Credential, **facts: Any) -> Found:
    """A finding about the credential, and the person who is responsible; nobody, where it is a program's."""
    owner, people = credential.owner, (credential.owner, _named(credential), credential.created_by)
    return Found(
        resource_type=credential.kind.value,
        resource_id=credential.pk,
        label=credential.name,
        responsible_id=_first_active(people),
        facts={"created_at": _moment(credential.created_at), "owner": owner.name if owner else None, **facts},
    )


def _named(credential: Credential) -> Member | None:
    """Who was named to look after it, gone or not."""
    said = ownership.of(credential)
    return said.member if said else None


def _first_active(people: Iterable[Member | None]) -> uuid.UUID | None:
    """The first of them who is there, if that is a person: who is asked about a program, keys.recipients knows."""
    active = (one for one in people if one and one.activated_at and not one.disabled_at)
    first = next(active, None)
    return first.pk if first and first.sort == Sort.USER else None


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
