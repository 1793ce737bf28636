"""Triggers that count the live credentials of every limit. CHECK constraints bound the count."""

from audit.triggers import installer

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

SQLITE = {
    f"credential_{name}": f"AFTER {event} ON keys_credential WHEN {condition} BEGIN {count}; END"
    for name, event, condition, count in EVENTS
}
POSTGRESQL = [
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

install = installer(sqlite=SQLITE, postgresql=POSTGRESQL)
"""Puts them in place after every `migrate`."""
