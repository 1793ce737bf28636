"""Triggers that count the live credentials of every limit, on both engines. CHECK constraints bound the count."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MORE = """
    UPDATE keys_limit SET live = live + 1, minimum = keep_at_least
    WHERE organization_id = NEW.organization_id AND kind = NEW.kind AND (owner_id IS NULL OR owner_id = NEW.owner_id)
"""
FEWER = """
    UPDATE keys_limit SET live = live - 1
    WHERE organization_id = OLD.organization_id AND kind = OLD.kind AND (owner_id IS NULL OR owner_id = OLD.owner_id)
"""
EVENTS = (
    ("created", "INSERT", "NEW.revoked_at IS NULL", MORE),
    ("revoked", "UPDATE OF revoked_at", "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL", FEWER),
    ("restored", "UPDATE OF revoked_at", "OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL", MORE),
    ("deleted", "DELETE", "OLD.revoked_at IS NULL", FEWER),
)

SQLITE = [
    f"CREATE TRIGGER credential_{name} AFTER {event} ON keys_credential WHEN {condition} BEGIN {count}; END"
    for name, event, condition, count in EVENTS
]
POSTGRESQL = [
    statement
    for name, event, condition, count in EVENTS
    for statement in (
        f"""
        CREATE FUNCTION credential_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {count}; RETURN NULL; END $$
        """,
        f"""
        CREATE TRIGGER credential_{name} AFTER {event} ON keys_credential
        FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION credential_{name}()
        """,
    )
]


def create_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_tables")]
    operations = [migrations.RunPython(create_triggers)]
