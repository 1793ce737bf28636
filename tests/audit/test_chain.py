"""The chain: what is written stays as it was, and whoever changes it behind our back is found out."""

from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from audit import chain, log
from audit.events import Event
from audit.models import AuditEvent
from keys import editing
from keys.kinds import API_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(alice, issue, actor_of):
    """Six events: three keys made and renamed."""
    for number in range(3):
        made = issue(API_KEY, alice, name=f"key {number}")
        editing.rename(made.credential.id, name=f"renamed {number}", by=actor_of(alice))
    return alice.organization_id


@contextmanager
def behind_our_back():
    """A connection on which the triggers sleep, as for somebody who holds the database itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
            yield cursor
            cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_auditevent'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for _name, sql in triggers:
            cursor.execute(sql)


def found(organization_id):
    return [(finding.sequence, finding.problem) for finding in chain.verify(organization_id)]


def test_an_untouched_trail_holds(trail):
    assert AuditEvent.objects.of(trail).count() == 6
    assert found(trail) == []


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE audit_auditevent SET actor_label = 'Mallory' WHERE sequence = 3", 3),
        ("UPDATE audit_auditevent SET reason = 'forged' WHERE sequence = 6", 6),
        ("DELETE FROM audit_auditevent WHERE sequence = 2", 2),
        ("DELETE FROM audit_auditevent WHERE sequence = 6", 6),
        ("DELETE FROM audit_auditevent WHERE sequence = 1", 1),
    ],
)
def test_a_changed_or_missing_event_is_named(trail, statement, sequence):
    with behind_our_back() as cursor:
        cursor.execute(statement)

    assert sequence in [place for place, _problem in found(trail)]


COLUMNS = [field.attname for field in AuditEvent._meta.fields if field.attname not in {"id", "organization_id"}]


@pytest.mark.parametrize("column", COLUMNS)
def test_not_one_column_can_be_changed_unseen(trail, column):
    event = AuditEvent.objects.of(trail).get(sequence=3)
    other = {"at": event.at.replace(year=1999), "changes": '{"name": "forged"}', "sequence": 77}.get(column, "forged")

    with behind_our_back() as cursor:
        cursor.execute(f"UPDATE audit_auditevent SET {column} = %s WHERE id = %s", [other, event.pk])

    assert {3, 77} & {place for place, _problem in found(trail)}


def test_swapped_events_are_named(trail):
    with behind_our_back() as cursor:
        for before, after in ((2, 99), (3, 2), (99, 3)):
            cursor.execute("UPDATE audit_auditevent SET sequence = %s WHERE sequence = %s", [after, before])

    assert {2, 3} <= {place for place, _problem in found(trail)}


def test_an_inserted_event_is_named(trail):
    forged = AuditEvent.objects.of(trail).get(sequence=6)
    forged.pk, forged.sequence = None, 7
    forged.save(force_insert=True)

    assert 7 in [place for place, _problem in found(trail)]


def test_a_trail_that_is_gone_altogether_is_named(trail):
    with behind_our_back() as cursor:
        cursor.execute("DELETE FROM audit_auditevent")

    assert found(trail) == [(6, "every event of this chain is missing")]


@pytest.mark.parametrize("statement", ["UPDATE audit_auditevent SET reason = ''", "DELETE FROM audit_auditevent"])
def test_the_database_itself_refuses_to_change_or_delete(trail, statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert found(trail) == []


def test_the_command_names_the_place_and_fails(trail, capsys):
    call_command("verify_audit")
    with behind_our_back() as cursor:
        cursor.execute("UPDATE audit_auditevent SET actor_label = 'Mallory' WHERE sequence = 4")

    with pytest.raises((CommandError, SystemExit)):
        call_command("verify_audit")

    said = capsys.readouterr()
    assert str(trail) in said.out + said.err
    assert "4" in said.out + said.err


def test_an_event_is_never_recorded_outside_the_change_it_tells_of(alice, actor_of, monkeypatch):
    by = actor_of(alice)

    with monkeypatch.context() as outside, pytest.raises(RuntimeError):
        outside.setattr(connections["default"], "in_atomic_block", False)
        log.record(Event.MEMBER_ENABLED, by=by, target=log.Target("user", "1", "Somebody"))


def test_each_organization_has_its_own_chain(trail, charlie, issue):
    issue(API_KEY, charlie)

    assert AuditEvent.objects.of(charlie.organization_id).get().sequence == 1
    assert list(chain.verify()) == []
