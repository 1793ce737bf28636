"""Triggers that count the live credentials of every limit, which CHECK constraints bound; and triggers that write a
revision whenever anything changes that a standing is made from, so that no cache can miss it."""

import contextlib

from django.apps import apps as installed
from django.apps.registry import Apps

from audit.triggers import installer
from keys.standings import OUTDATING

MORE = """
    UPDATE keys_limit SET live = live + 1, minimum = keep_at_least
    WHERE organization_id = NEW.organization_id AND kind = NEW.kind AND (owner_id IS NULL OR owner_id = NEW.owner_id)
"""
FEWER = """
    UPDATE keys_limit SET live = live - 1
    WHERE organization_id = OLD.organization_id AND kind = OLD.kind AND (owner_id IS NULL OR owner_id = OLD.owner_id)
"""
REVOKED = "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL"
RESTORED = "OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL"
EVENTS = (
    ("created", "INSERT", "NEW.revoked_at IS NULL AND NEW.replaces_id IS NULL", MORE),
    ("revoked", "UPDATE OF revoked_at", f"{REVOKED} AND NEW.replaced_at IS NULL", FEWER),
    ("restored", "UPDATE OF revoked_at", f"{RESTORED} AND NEW.replaced_at IS NULL", MORE),
    ("deleted", "DELETE", "OLD.revoked_at IS NULL AND OLD.replaced_at IS NULL", FEWER),
)
"""What moves the count. A successor takes the place of the one it replaces, and may give it back: that moves nothing,
so that a full quota and the last one of all can be rotated."""

SUBJECTS = {
    "keys_credential": ("id",),
    "accounts_member": ("id",),
    "accounts_memberrole": ("member_id",),
    "accounts_role": ("id",),
    "keys_kindswitch": ("organization_id",),
    "keys_clienttokenuse": ("credential_id", "application_id"),
    "keys_upstream": ("organization_id",),
    "keys_rumapplication": ("id",),
    "keys_rumproxy": ("application_id",),
}
"""Whom a row is about: what stands in the `subjects` of whatever is made from it. Nobody, where it is NULL."""

CHANNEL = "keyhouse_revisions"
"""Where PostgreSQL tells those who listen that there are revisions."""

ON_SQLITE = "INSERT INTO keys_revision (subject, at) VALUES ({subject}, strftime('%Y-%m-%d %H:%M:%f', 'now'))"
ON_POSTGRESQL = """
    INSERT INTO keys_revision (transaction, subject, at)
    VALUES (pg_current_xact_id()::text::bigint, {subject}, clock_timestamp());
    PERFORM pg_notify('{channel}', '')
"""


def _outdating(differs: str) -> list[tuple[str, str, str, str, str]]:
    """Name, table, event, condition and subject of each trigger that writes a revision; `differs` is the engine's
    comparison that knows NULL.

    A new credential outdates nothing, for no cache remembers that a text is unknown; a new role of a member, or a
    switch, does.
    """
    found = []
    for table, columns in OUTDATING.items():
        changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)
        for subject in SUBJECTS[table]:
            name = f"outdates_{table}" + ("" if subject == SUBJECTS[table][0] else f"_of_{subject}")
            new, old = f"NEW.{subject} IS NOT NULL", f"OLD.{subject} IS NOT NULL"
            update = f"UPDATE OF {', '.join(columns)}"
            found.append((f"{name}_changed", table, update, f"({changed}) AND {new}", f"NEW.{subject}"))
            found.append((f"{name}_deleted", table, "DELETE", old, f"OLD.{subject}"))
            if subject != "id":
                found.append(
                    (f"{name}_moved", table, f"UPDATE OF {subject}", f"({changed}) AND {old}", f"OLD.{subject}")
                )
                found.append((f"{name}_created", table, "INSERT", new, f"NEW.{subject}"))
    return found


LIMITS_ON_SQLITE = {
    f"credential_{name}": f"AFTER {event} ON keys_credential WHEN {condition} BEGIN {count}; END"
    for name, event, condition, count in EVENTS
}
LIMITS_ON_POSTGRESQL = [
    statement
    for name, event, condition, count in EVENTS
    for statement in (
        f"""
        CREATE OR REPLACE FUNCTION credential_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {count}; RETURN NULL; END $$
        """,
        f"""
        CREATE OR REPLACE TRIGGER credential_{name} AFTER {event} ON keys_credential
        FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION credential_{name}()
        """,
    )
]
REVISIONS_ON_SQLITE = {
    name: f"AFTER {event} ON {table} WHEN {condition} BEGIN {ON_SQLITE.format(subject=subject)}; END"
    for name, table, event, condition, subject in _outdating("IS NOT")
}
REVISIONS_ON_POSTGRESQL = [
    statement
    for name, table, event, condition, subject in _outdating("IS DISTINCT FROM")
    for statement in (
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {ON_POSTGRESQL.format(subject=subject, channel=CHANNEL)}; RETURN NULL; END $$
        """,
        f"""
        CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table}
        FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()
        """,
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",  # also in a session that replicates or restores
    )
]

_keep_limits = installer(sqlite=LIMITS_ON_SQLITE, postgresql=LIMITS_ON_POSTGRESQL)
_note_revisions = installer(sqlite=REVISIONS_ON_SQLITE, postgresql=REVISIONS_ON_POSTGRESQL)


def install(*, using: str, apps: Apps = installed, **of_post_migrate: object) -> None:
    """Puts them in place after every `migrate`."""
    _keep_limits(using=using)
    with contextlib.suppress(LookupError):  # migrated back to before there were any
        apps.get_model("keys", "Revision")
        _note_revisions(using=using)
