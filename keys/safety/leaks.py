"""Leaked credentials: noting where they were found, acting by policy at once, and seeing to each to its end."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, organizations
from accounts.actors import Actor
from accounts.models import Organization
from accounts.permissions import Permission
from accounts.refusals import NotAllowed
from audit import log
from audit.events import Event
from keys import blocking, lifecycle, minting, standings
from keys.models import Credential, Leak, LeakStep, Step, Way
from keys.safety import alerts, contacts, reactions, runbook
from keys.safety.matches import Match

LONGEST_NOTE = 1000
MOST_PLACES = 50
"""At how many places a credential is noted. It was stopped at the first; who invents more only makes work."""


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Who says that something leaked, how it came here, when and from where."""

    way: Way
    name: str
    now: datetime
    ip: str = ""
    user_agent: str = ""
    request_id: str = ""

    @staticmethod
    def acting(by: Actor, *, way: Way) -> "Reporter":
        """Whoever acts in an organisation."""
        return Reporter(
            way=way, name=by.label[:128], now=by.now, ip=by.ip, user_agent=by.user_agent, request_id=by.request_id
        )


Found = tuple[uuid.UUID, Match]
"""The credential that a match is."""
Key = tuple[uuid.UUID, str]
"""A credential, and the place where it was found."""


def accept(matches: Sequence[Match], *, reporter: Reporter, within: uuid.UUID | None = None) -> list[Leak | None]:
    """Stop by policy what of the matches is a credential, and tell whom it concerns. For each match its leak, or None
    if it is no credential of ours, or not one of the organisation.

    One query tells what they are; then each organisation has a transaction of its own, in the order of their ids, so
    that two reports never wait for each other. The same credential at the same place is one leak, however often it is
    reported, and is held each time to the policy as it is by then; without a place it is one until it is
    dismissed, and is any that is open.
    """
    known = standings.find({match.text for match in matches})
    ours = {text: one for text, one in known.items() if within in (None, one.organization_id)}
    found: dict[uuid.UUID, list[Found]] = {}
    for match in matches:
        if standing := ours.get(match.text):
            found.setdefault(standing.organization_id, []).append((standing.credential_id, match))
    noted: dict[Key, Leak] = {}
    for organization_id in sorted(found):
        noted |= _note(organization_id, found[organization_id], reporter=reporter)
    return [noted[ours[match.text].credential_id, match.place] if match.text in ours else None for match in matches]


@transaction.atomic
def _note(organization_id: uuid.UUID, found: Iterable[Found], *, reporter: Reporter) -> dict[Key, Leak]:
    """The leaks of one organisation, by credential and place; what is no false alarm among them is acted on."""
    organization = organizations.lock(organization_id)
    places = {(credential_id, match.place): match for credential_id, match in found}
    earlier = Leak.objects.lasting().filter(credential__in={credential_id for credential_id, _place in places})
    leaks = {(leak.credential_id, leak.place): leak for leak in earlier}
    new = _adding({key: match for key, match in places.items() if key not in leaks}, leaks.values())
    leaks |= {key: _leak(key, match, reporter) for key, match in _within_bounds(new, leaks.values()).items()}
    confirmed = (leak for leak in leaks.values() if leak.dismissed_at is None)
    lasting = {leak.credential_id: leak for leak in sorted(confirmed, key=lambda leak: leak.is_open)}
    noted = {key: leaks.get(key) or lasting[key[0]] for key in places}
    _act({leak.pk: leak for leak in noted.values() if leak.dismissed_at is None}.values(), organization, reporter)
    return noted


def _adding(new: Mapping[Key, Match], earlier: Iterable[Leak]) -> dict[Key, Match]:
    """Those that add something: without a place, one does not where somebody has yet to see to that credential."""
    known = {leak.credential_id for leak in earlier if leak.is_open} | {one for one, place in new if place}
    return {(one, place): match for (one, place), match in new.items() if place or one not in known}


def _within_bounds(new: Mapping[Key, Match], earlier: Iterable[Leak]) -> dict[Key, Match]:
    """Those to note: of each credential as many as make MOST_PLACES, with what was noted earlier."""
    noted = Counter(leak.credential_id for leak in earlier if leak.dismissed_at is None)
    kept = {}
    for (credential_id, place), match in new.items():
        noted[credential_id] += 1
        if noted[credential_id] <= MOST_PLACES:
            kept[credential_id, place] = match
    return kept


def _leak(key: Key, match: Match, reporter: Reporter) -> Leak:
    """A new one, not yet acted on."""
    credential_id, place = key
    return Leak(
        credential_id=credential_id,
        way=reporter.way,
        reporter=reporter.name,
        source=match.kept_source,
        place=place,
        reported_at=reporter.now,
    )


def _act(leaks: Collection[Leak], organization: Organization, reporter: Reporter) -> None:
    """Do to each credential what the policy asks for by now. Leaks that are new, and those of which more is done than
    before, are kept, recorded and told of."""
    by = replace(
        organizations.by_itself(organization, now=reporter.now),
        ip=reporter.ip,
        user_agent=reporter.user_agent,
        request_id=reporter.request_id,
    )
    known = Credential.objects.of(organization.pk).with_people().in_bulk({leak.credential_id for leak in leaks})
    done = reactions.to(known.values(), by=by)
    new = [leak for leak in leaks if not leak.acted]
    worse = [leak for leak in leaks if leak.acted and done[leak.credential_id].is_more_than(leak.acted)]
    for leak in (*new, *worse):
        reaction = done[leak.credential_id]
        leak.organization, leak.credential = organization, known[leak.credential_id]
        leak.acted, leak.spared = reaction.acted, reaction.spared
    Leak.objects.bulk_create(new)
    for reaction in {done[leak.credential_id] for leak in worse}:
        alike = [leak.pk for leak in worse if done[leak.credential_id] == reaction]
        Leak.objects.filter(pk__in=alike).update(acted=reaction.acted, spared=reaction.spared)
    told = [*new, *worse]
    log.record_all(Event.CREDENTIAL_LEAKED, [_happening(leak, reporter) for leak in told], by=by)
    if told:
        alerts.leaked(told, also=contacts.of(organization.pk).addresses, by=by)


def _happening(leak: Leak, reporter: Reporter) -> log.Happening:
    changes = {
        "last4": leak.credential.last4,
        "place": leak.place,
        "source": leak.source,
        "reporter": reporter.name,
        "acted": leak.acted,
    }
    return log.Happening(lifecycle.target(leak.credential), changes)


@transaction.atomic
def do(leak_id: uuid.UUID, step: Step, *, by: Actor) -> Leak:
    """Note that a step of the runbook is done; done already, it stays with whoever did it first. Raises NotPermitted,
    Leak.DoesNotExist."""
    leak = _locked(leak_id, by=by)
    if not leak.steps.filter(step=step).exists():
        LeakStep.objects.create(leak=leak, step=step, done_at=by.now, done_by=members.acting(by))
        _tell(Event.LEAK_STEP_DONE, leak, {"step": step.value}, by=by)
    return leak


@transaction.atomic
def close(leak_id: uuid.UUID, *, note: str, by: Actor) -> Leak:
    """Say that all is done that can be done; if steps of the runbook are not, the note has to say why. Raises
    NotPermitted, Leak.DoesNotExist, NotAllowed with the field."""
    leak = _locked(leak_id, by=by)
    if not leak.is_open:
        raise NotAllowed("", _("This leak is closed already."))
    leak.closed_at, leak.closed_by, leak.note = by.now, members.acting(by), _checked("note", note)
    undone = "" if leak.note else _undone(leak, now=by.now)
    if undone:
        words = {"steps": undone}
        raise NotAllowed("note", _("Not done: %(steps)s. Do that first, or say in the note why not.") % words)
    leak.save(update_fields=["closed_at", "closed_by", "note"])
    _tell(Event.LEAK_CLOSED, leak, {}, by=by, reason=leak.note)
    return leak


@transaction.atomic
def dismiss(leak_id: uuid.UUID, *, reason: str, by: Actor) -> Leak:
    """Say that it was a false alarm. A quarantine that it was the only reason for is lifted, by whoever may do that;
    what was revoked stays revoked. Raises as `close` does."""
    leak = _locked(leak_id, by=by)
    if leak.dismissed_at:
        raise NotAllowed("", _("This leak was dismissed already."))
    if not reason.strip():
        raise NotAllowed("reason", _("Say why it was a false alarm."))
    leak.dismissed_at, leak.dismissed_by, leak.dismissal = by.now, members.acting(by), _checked("reason", reason)
    leak.save(update_fields=["dismissed_at", "dismissed_by", "dismissal"])
    if would_lift(leak, now=by.now):
        blocking.lift(leak.credential_id, by=by, reason="false alarm")
    _tell(Event.LEAK_DISMISSED, leak, {}, by=by, reason=leak.dismissal)
    return leak


def _undone(leak: Leak, *, now: datetime) -> str:
    done = leak.steps.values_list("step", flat=True)
    return runbook.undone(leak.credential.kind, leak.credential.state(now), set(done))


def would_lift(leak: Leak, *, now: datetime) -> bool:
    """Whether dismissing it lets the credential be good again: leaks put it there, and no other speaks for that."""
    credential = leak.credential
    if credential.revoked_at or not blocking.is_in_quarantine(credential, now=now):
        return False
    others = credential.leaks.confirmed().exclude(pk=leak.pk)
    reasons = credential.leaks.that_blocked().exclude(dismissed_at__lt=credential.blocked_at)
    return reasons.exists() and not others.exists()


def _locked(leak_id: uuid.UUID, *, by: Actor) -> Leak:
    by.require(Permission.GOVERNANCE_CONSOLE_WRITE)
    organizations.lock(by.organization)
    return Leak.objects.of(by.organization).with_credentials().get(pk=leak_id)


def _checked(field: str, text: str) -> str:
    text = minting.redacted(text.strip())
    if len(text) > LONGEST_NOTE or "\0" in text:
        raise NotAllowed(field, _("Use 1,000 characters or fewer."))
    return text


def _tell(event: Event, leak: Leak, changes: dict[str, object], *, by: Actor, reason: str = "") -> None:
    about = {"leak": str(leak.pk), "last4": leak.credential.last4} | changes
    log.record(event, by=by, target=lifecycle.target(leak.credential), changes=about, reason=reason)
