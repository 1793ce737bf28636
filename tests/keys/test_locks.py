"""In which order locks are taken, so that nobody ever waits in a ring: docs/adr/0016."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import guards, members, organizations, people, roles, service_accounts
from accounts.builtin_roles import READ_ONLY
from audit import log
from keys import (
    blocking,
    client_tokens,
    editing,
    exposure,
    lifecycle,
    offboarding,
    rotation,
    rum_applications,
    steps,
    upstreams,
)
from keys.hygiene import detections, scanning
from keys.kinds import API_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN, Track
from keys.models import Detection, Leak, MailChoice, Revision, Way
from keys.ownership import Owned
from keys.rotation import Overlap
from keys.safety import contacts, leaks
from keys.safety.matches import Match
from keys.telling import choices, webhooks
from keys.telling.news import Topic

pytestmark = pytest.mark.django_db
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def taken_by(monkeypatch):
    """What something locks and which tables it writes, in that order."""
    taken = []
    lock, lock_chain = organizations.lock, log.lock
    monkeypatch.setattr(organizations, "lock", lambda pk: taken.append("organization") or lock(pk))
    monkeypatch.setattr(log, "lock", lambda pk: taken.append("chain") or lock_chain(pk))

    def note(execute, sql, params, many, context):
        if written := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "?(\w+)', sql.strip()):
            taken.append(written[1])
        return execute(sql, params, many, context)

    def found(act):
        taken.clear()
        with connection.execute_wrapper(note):
            act()
        return list(taken)

    return found


@pytest.fixture
def acts(alice, camille, robot, issue, actor_of, later, now):
    """Changes of every sort, by somebody and by the clock, in an order in which each comes to something."""
    by = actor_of(alice)
    key, other = (issue(API_KEY, alice, name=name) for name in ("one", "other"))
    pk, text = key.credential.pk, key.secret.text
    token = issue(CLIENT_TOKEN, alice).credential
    role = roles.create(name="role", permissions=frozenset(), by=by)
    hook = webhooks.create(name="hook", address="https://example.com", topics=["leaks"], by=by).webhook
    reporter = leaks.Reporter(way=Way.MEMBER, name="m", now=now)
    choice = {Topic.LEAKS: choices.Choice(bell=False, mail=MailChoice.NEVER)}
    return {
        "issue": lambda: issue(PERSONAL_ACCESS_TOKEN, camille),
        "rename": lambda: editing.rename(pk, name="renamed", by=by),
        "assign": lambda: editing.assign(pk, Owned(team="team"), by=by),
        "use": lambda: client_tokens.set_use(token.pk, application_id=None, sends=[Track.RUM], origins=[], by=by),
        "brown out": lambda: blocking.brown_out(pk, by=by),
        "lapse": lambda: blocking.lapse(now + DAY),
        "rotate": lambda: rotation.rotate(pk, overlap=Overlap.HOUR, by=by),
        "follow": lambda: rotation.follow(now + DAY),
        "restore": lambda: lifecycle.restore(pk, by=by),
        "scan": lambda: scanning.scan(now),
        "except": lambda: detections.make_exception(Detection.objects.first().pk, reason="so", by=by),
        "seen": lambda: exposure.seen_in_browser(pk, origin="", ip="", user_agent="", now=now),
        "leak": lambda: leaks.accept([Match(text)], reporter=reporter),
        "dismiss": lambda: leaks.dismiss(Leak.objects.get().pk, reason="no", by=by),
        "contacts": lambda: contacts.remind(now + 365 * DAY),
        "upstream": lambda: upstreams.set_address("https://example.com", by=by),
        "application": lambda: rum_applications.create(name="shop", by=by),
        "hook": lambda: webhooks.switch(hook.pk, on=False, by=by),
        "choose": lambda: choices.choose(choice, by=by),
        "role": lambda: roles.add_member(role.pk, camille.pk, by=by),
        "managers": lambda: service_accounts.set_managers(robot.pk, member_ids=[camille.pk], by=by),
        "regrant": lambda: members.set_roles(camille.pk, frozenset({READ_ONLY.id}), by=by),
        "disable": lambda: offboarding.disable(camille.pk, by=by),
        "revoke": lambda: lifecycle.revoke(other.credential.pk, by=by),
        "sign in": lambda: people.signed_in(alice.person, by=by),
        "profile": lambda: people.change_profile(alice.person, by=by, name="Alicia"),
        "password": lambda: people.set_password(alice.person, "long enough, this one", by=by, keep_session=None),
        "sessions": lambda: people.end_sessions(alice.person, by=by, keep_session=None),
    }


def test_whoever_changes_anything_holds_its_organization_first_and_its_trail_after_that(acts, taken_by):
    for name, act in acts.items():
        taken = taken_by(act)
        assert taken[:1] == ["organization"], f"{name}: {taken}"
        assert len(taken) > 1, f"{name} changes nothing"


def test_a_person_is_locked_wherever_they_are_known_before_anything_of_them_is_written(
    alice, second, actor_of, taken_by
):
    UserSession.objects.create(user=alice.person, session_key="a", ip="192.0.2.1", user_agent="curl")
    second.disabled_at = second.created_at
    second.save()

    taken = taken_by(lambda: people.end_sessions(alice.person, by=actor_of(alice), keep_session=None))
    assert taken[:2] == ["organization", "organization"]
    assert "usersessions_usersession" in taken


def test_for_whom_no_organization_knows_the_installations_chain_stands(sam, actor_of, taken_by):
    by = actor_of(sam)
    for act in (
        lambda: people.signed_in(sam, by=by),
        lambda: people.set_password(sam, "long enough, this one", by=by, keep_session=None),
    ):
        assert taken_by(act)[0] == "chain"


@on_postgresql
def test_whoever_only_names_an_organization_waits_for_nobody(acme):
    with CaptureQueriesContext(connection) as queries:
        organizations.lock(acme.pk)

    assert queries[0]["sql"].endswith("FOR NO KEY UPDATE")
    assert "FOR UPDATE" not in " ".join(guards.POSTGRESQL)


@on_postgresql
def test_a_person_is_held_while_it_is_asked_whether_anybody_needs_them(camille, alice, actor_of):
    with CaptureQueriesContext(connection) as queries:
        offboarding.anonymize(camille.pk, by=actor_of(alice))
    said = [query["sql"] for query in queries]
    (held,) = (place for place, sql in enumerate(said) if 'FROM "accounts_person"' in sql and "FOR UPDATE" in sql)

    assert any("accounts_member" in sql and "LIMIT 1" in sql for sql in said[held:])
    assert any(sql.startswith("DELETE") and "accounts_person" in sql for sql in said[held:])


@on_postgresql
def test_whoever_clears_away_waits_for_nobody(acme):
    with CaptureQueriesContext(connection) as queries:
        steps.clear_away(Revision.objects.all())

    assert any("FOR UPDATE SKIP LOCKED" in query["sql"] for query in queries)


def test_what_fails_keeps_no_other_back(alice, issue, actor_of, now, monkeypatch):
    by, end = actor_of(alice), lifecycle.end
    for name in ("one", "other"):
        rotation.rotate(issue(API_KEY, alice, name=name).credential.pk, overlap=Overlap.HOUR, by=by)
    asked = []

    def fails_first(old, **named):
        asked.append(old)
        if len(asked) == 1:
            raise ValueError("first")
        return end(old, **named)

    monkeypatch.setattr(lifecycle, "end", fails_first)
    with pytest.raises(ValueError, match="first"):
        rotation.follow(now + DAY)

    assert [old.revoked_at is not None for old in asked] == [False, True]
