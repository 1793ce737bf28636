"""Triggers that keep an organisation's last active admin (neither demoted nor disabled), and every role at home."""

from accounts.builtin_roles import ADMIN
from audit.triggers import installer

REFUSAL = "the last admin of an organization stays"
STRANGE_ROLE = "a member holds roles of their own organization"

IS_ADMIN = f"= '{ADMIN.id.hex}'"  # how SQLite keeps it, and PostgreSQL reads it

OTHER_ADMINS = f"""
    SELECT 1 FROM accounts_memberrole AS role JOIN accounts_member AS other ON other.id = role.member_id
    WHERE role.role_id {IS_ADMIN} AND other.sort = 'user' AND other.disabled_at IS NULL
      AND other.activated_at IS NOT NULL AND other.id <> {{member}}
      AND other.organization_id = {{organization}}
"""
IS_ACTIVE_ADMIN = """
    EXISTS (SELECT 1 FROM accounts_member AS held WHERE held.id = OLD.member_id AND held.sort = 'user'
            AND held.disabled_at IS NULL AND held.activated_at IS NOT NULL)
"""
ORGANIZATION_OF_ROLE = "(SELECT organization_id FROM accounts_member WHERE id = OLD.member_id)"
ROLE_LOST = f"""
    OLD.role_id {IS_ADMIN} AND {IS_ACTIVE_ADMIN}
    AND NOT EXISTS ({OTHER_ADMINS.format(member="OLD.member_id", organization=ORGANIZATION_OF_ROLE)})
"""
MEMBER_LOST = f"""
    OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL AND OLD.sort = 'user' AND OLD.activated_at IS NOT NULL
    AND EXISTS (SELECT 1 FROM accounts_memberrole WHERE member_id = OLD.id AND role_id {IS_ADMIN})
    AND NOT EXISTS ({OTHER_ADMINS.format(member="OLD.id", organization="OLD.organization_id")})
"""
ROLE_IS_STRANGE = """
    EXISTS (SELECT 1 FROM accounts_role AS role JOIN accounts_member AS held ON held.id = NEW.member_id
            WHERE role.id = NEW.role_id AND role.organization_id <> held.organization_id)
"""

_REFUSE = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
_REFUSE_STRANGE = f"BEGIN SELECT RAISE(ABORT, '{STRANGE_ROLE}'); END"
SQLITE = {
    "last_admin_keeps_role_delete": f"BEFORE DELETE ON accounts_memberrole WHEN {ROLE_LOST} {_REFUSE}",
    "last_admin_keeps_role_update": (
        f"BEFORE UPDATE ON accounts_memberrole WHEN NEW.role_id <> OLD.role_id AND {ROLE_LOST} {_REFUSE}"
    ),
    "last_admin_stays": f"BEFORE UPDATE OF disabled_at ON accounts_member WHEN {MEMBER_LOST} {_REFUSE}",
    "role_at_home_insert": f"BEFORE INSERT ON accounts_memberrole WHEN {ROLE_IS_STRANGE} {_REFUSE_STRANGE}",
    "role_at_home_update": f"BEFORE UPDATE ON accounts_memberrole WHEN {ROLE_IS_STRANGE} {_REFUSE_STRANGE}",
}
POSTGRESQL = [
    f"""
    CREATE OR REPLACE FUNCTION last_admin_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM accounts_organization WHERE id = {organization} FOR NO KEY UPDATE;
        IF {condition} THEN
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN {result};
    END $$
    """
    for name, organization, condition, result in (
        ("role_deleted", ORGANIZATION_OF_ROLE, ROLE_LOST, "OLD"),
        ("role_changed", ORGANIZATION_OF_ROLE, f"NEW.role_id <> OLD.role_id AND {ROLE_LOST}", "NEW"),
        ("disabled", "OLD.organization_id", MEMBER_LOST, "NEW"),
    )
] + [
    """
    CREATE OR REPLACE TRIGGER last_admin_keeps_role_delete BEFORE DELETE ON accounts_memberrole
    FOR EACH ROW EXECUTE FUNCTION last_admin_role_deleted()
    """,
    """
    CREATE OR REPLACE TRIGGER last_admin_keeps_role_update BEFORE UPDATE ON accounts_memberrole
    FOR EACH ROW EXECUTE FUNCTION last_admin_role_changed()
    """,
    """
    CREATE OR REPLACE TRIGGER last_admin_stays BEFORE UPDATE OF disabled_at ON accounts_member
    FOR EACH ROW EXECUTE FUNCTION last_admin_disabled()
    """,
    f"""
    CREATE OR REPLACE FUNCTION role_at_home() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {ROLE_IS_STRANGE} THEN
            RAISE EXCEPTION '{STRANGE_ROLE}' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER role_at_home BEFORE INSERT OR UPDATE ON accounts_memberrole
    FOR EACH ROW EXECUTE FUNCTION role_at_home()
    """,
]

install = installer(sqlite=SQLITE, postgresql=POSTGRESQL)
"""Puts them in place after every `migrate`."""
