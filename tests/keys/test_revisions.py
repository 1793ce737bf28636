"""Every change that decides whether a credential is good leaves a revision, and no reader misses one."""

import threading
import uuid
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from accounts import roles
from accounts.models import Member, MemberRole, Role
from accounts.organizations import in_organization
from keys import editing, lifecycle, limits, offboarding, revisions, standings
from keys.guards import CHANNEL, SUBJECTS
from keys.kinds import APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN
from keys.models import Credential, Revision
from keys.usage import retention

pytestmark = pytest.mark.django_db


ID = "00000000-0000-0000-0000-00000000000{}"
INSERT = {
    "sqlite": f"INSERT INTO keys_revision (subject, at) VALUES (replace('{ID}', '-', ''), '2026-01-01')",
    "postgresql": f"""
        INSERT INTO keys_revision (transaction, subject, at)
        VALUES (pg_current_xact_id()::text::bigint, '{ID}', now())
    """,
}


@pytest.fixture
def made(alice, camille, issue):
    """An application key of Camille's, with nothing noted so far."""
    credential = issue(APPLICATION_KEY, camille, scopes=["dashboards_read", "monitors_read"]).credential
    Revision.objects.all().delete()
    return credential


def noted():
    return set(Revision.objects.values_list("subject", flat=True))


def test_revoking_is_noted(made, alice, actor_of):
    lifecycle.revoke(made.pk, by=actor_of(alice))

    assert made.pk in noted()


def test_new_scopes_are_noted(made, camille, actor_of):
    editing.set_scopes(made.pk, scopes=["dashboards_read"], by=actor_of(camille))

    assert made.pk in noted()


def test_a_new_end_is_noted(alice, issue, now):
    token = issue(PERSONAL_ACCESS_TOKEN, alice).credential
    Revision.objects.all().delete()
    Credential.objects.filter(pk=token.pk).update(expires_at=now)

    assert noted() == {token.pk}


def test_a_disabled_owner_is_noted(made, alice, camille, actor_of):
    offboarding.disable(camille.pk, by=actor_of(alice))

    assert camille.pk in noted()


def test_roles_given_and_taken_are_noted(made, camille, alice):
    held = MemberRole.objects.get(member=camille)
    MemberRole.objects.create(member=camille, role_id=MemberRole.objects.get(member=alice).role_id)
    held.delete()

    assert (noted(), Revision.objects.count()) == ({camille.pk}, 2)


def test_what_a_custom_role_permits_is_noted(made, alice, actor_of):
    role = roles.create(name="Readers", permissions=frozenset({"dashboards_read"}), by=actor_of(alice))
    Revision.objects.all().delete()
    Role.objects.filter(pk=role.pk).update(granted=["monitors_read"])

    assert noted() == {role.pk}


def test_switches_are_noted_for_the_organization(made, acme, sam, actor_of):
    by = in_organization(actor_of(sam), acme)
    limits.switch(CLIENT_TOKEN, on=False, reason="beta over", by=by)
    limits.switch(CLIENT_TOKEN, on=True, reason="beta again", by=by)

    assert [one.subject for one in Revision.objects.all()] == [acme.pk, acme.pk]


def test_names_and_uses_are_not(made, camille, actor_of, now):
    editing.rename(made.pk, name="another name", by=actor_of(camille))
    Credential.objects.filter(pk=made.pk).update(last_used_at=now)
    Member.objects.filter(pk=camille.pk).update(name="Camille S.")

    assert not noted()


def test_everything_a_standing_is_made_from_has_its_triggers():
    assert SUBJECTS.keys() == standings.OUTDATING.keys()
    for table, columns in standings.OUTDATING.items():
        with connection.cursor() as cursor:
            described = {column.name for column in connection.introspection.get_table_description(cursor, table)}
        assert set(columns) <= described


def test_a_standing_names_everything_whose_change_outdates_it(camille, issue):
    made = issue(PERSONAL_ACCESS_TOKEN, camille)
    held = MemberRole.objects.get(member=camille)

    found = standings.find([made.secret.text])[made.secret.text]

    assert set(found.subjects) == {made.credential.pk, camille.pk, camille.organization_id, held.role_id}


def test_a_reader_gets_what_was_committed_since_and_nothing_twice_for_ever(made, alice, actor_of):
    start = revisions.position()
    lifecycle.revoke(made.pk, by=actor_of(alice))

    assert made.pk in revisions.since(start).subjects


def another():
    """A connection beside Django's, which commits by itself."""
    parameters = connection.get_connection_params() | {"autocommit": True}
    return psycopg.connect(**{k: v for k, v in parameters.items() if k not in {"context", "cursor_factory"}})


@pytest.fixture
def elsewhere():
    """Another connection; on SQLite, whose writers queue, there is but the one."""
    if connection.vendor == "sqlite":
        yield connection.cursor()
        return
    with another() as other:
        yield other
        other.rollback()
        other.execute("DELETE FROM keys_revision")


def test_once_all_is_quiet_a_reader_gets_nothing_more(elsewhere, db):
    start = revisions.position()
    elsewhere.execute(INSERT[connection.vendor].format("a"))
    first = revisions.since(start)

    assert [subject.hex[-1] for subject in first.subjects] == ["a"]
    assert not revisions.since(first.position).subjects


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite's writers queue")
def test_one_that_began_first_and_commits_last_is_not_missed(elsewhere):
    """By number alone it would be: a reader has seen a higher one before this commits."""
    start = revisions.position()
    elsewhere.execute("BEGIN")
    elsewhere.execute(INSERT["postgresql"].format("a"))
    with another() as third:
        third.execute(INSERT["postgresql"].format("b"))
    seen = revisions.since(start)
    elsewhere.execute("COMMIT")

    assert [subject.hex[-1] for subject in seen.subjects] == ["b"]
    assert "a" in {subject.hex[-1] for subject in revisions.since(seen.position).subjects}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no notifications")
def test_whoever_listens_is_woken(elsewhere):
    woken, stop = threading.Event(), threading.Event()
    listener = threading.Thread(target=revisions.listen, args=(woken.set, stop))
    listener.start()
    for _ in range(50):
        elsewhere.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        if woken.wait(0.1):
            break
    stop.set()
    listener.join()

    assert woken.is_set()


def test_a_reader_whose_last_revision_is_gone_may_have_missed_some(now, db):
    """As after a restore, or a sleep that outlasted retention."""
    one = Revision.objects.create(subject=uuid.uuid4(), at=now)
    start = revisions.position()
    one.delete()
    Revision.objects.create(subject=uuid.uuid4(), at=now)

    assert not revisions.since(start).is_whole


def test_so_may_one_that_finds_another_in_its_place(now, db):
    one = Revision.objects.create(subject=uuid.uuid4(), at=now)
    start = revisions.position()
    Revision.objects.filter(pk=one.pk).update(subject=uuid.uuid4())

    changes = revisions.since(start)
    assert not changes.is_whole
    assert revisions.since(changes.position).is_whole


def test_so_may_one_that_had_seen_none_and_one_that_went_back_in_time(now, db):
    Revision.objects.all().delete()
    start = revisions.position()
    unmoved = revisions.since(start).is_whole
    back = revisions.since(start._replace(horizon=start.horizon + 1_000)).is_whole
    Revision.objects.create(subject=uuid.uuid4(), at=now, transaction=start.horizon)

    assert (unmoved, revisions.since(start).is_whole) == (True, False)
    assert not back


def test_retention_leaves_the_newest(now, db, tmp_path):
    for age in (3, 2):
        Revision.objects.create(subject=uuid.uuid4(), at=now - timedelta(hours=age))
    start = revisions.position()
    retention.forget(tmp_path, now=now)

    assert Revision.objects.count() == 1
    assert revisions.since(start).is_whole


def test_a_mark_tells_every_reader_once(tmp_path):
    one, other = revisions.Mark(tmp_path / "mark"), revisions.Mark(tmp_path / "mark")
    first = (one.moved(), other.moved())
    other.write()

    assert (one.moved(), one.moved(), other.moved(), other.moved()) == (True, False, True, False)
    assert first == (True, True)
