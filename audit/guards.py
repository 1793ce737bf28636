"""Triggers that refuse to change or delete an audit event."""

from audit.triggers import installer

REFUSAL = "audit events are append-only"

SQLITE = {
    f"audit_event_no_{verb.lower()}": f"BEFORE {verb} ON audit_auditevent BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
}
POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE OR REPLACE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()
    """,
    """
    CREATE OR REPLACE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_event_refuse()
    """,
]

install = installer(sqlite=SQLITE, postgresql=POSTGRESQL)
"""Puts them in place after every `migrate`."""
