"""Roles become rows: the four built in, and what each member holds points at one."""

import uuid
from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

DECLARED_AT = datetime(2026, 11, 21, tzinfo=UTC)
BUILT_IN = (
    ("admin", "7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d001", "Admin"),
    ("standard", "7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d002", "Standard"),
    ("read-only", "7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d003", "Read Only"),
    ("auditor", "7d8a3a0e-52f7-4e0c-9a3c-3a3f52c1d004", "Auditor"),
)
TRIGGERS = (
    ("last_admin_keeps_role_delete", "accounts_memberrole"),
    ("last_admin_keeps_role_update", "accounts_memberrole"),
    ("last_admin_stays", "accounts_member"),
    ("role_at_home", "accounts_memberrole"),
    ("role_at_home_insert", "accounts_memberrole"),
    ("role_at_home_update", "accounts_memberrole"),
)


def drop_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """They name columns that go. `post_migrate` puts them back as they are declared then."""
    for name, table in TRIGGERS:
        place = "" if schema_editor.connection.vendor == "sqlite" else f" ON {table}"
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{place}")


def make_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    roles = apps.get_model("accounts", "Role").objects.using(schema_editor.connection.alias)
    for slug, pk, name in BUILT_IN:
        times = {"created_at": DECLARED_AT, "modified_at": DECLARED_AT}
        roles.create(id=uuid.UUID(pk), slug=slug, name=name, name_key=name.casefold(), **times)


def point_at_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    held = apps.get_model("accounts", "MemberRole").objects.using(schema_editor.connection.alias)
    for slug, pk, _name in BUILT_IN:
        held.filter(slug=slug).update(role_id=uuid.UUID(pk))


def name_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Back to names. A custom role has none, and whoever held it holds it no more."""
    held = apps.get_model("accounts", "MemberRole").objects.using(schema_editor.connection.alias)
    for slug, pk, _name in BUILT_IN:
        held.filter(role_id=uuid.UUID(pk)).update(slug=slug)
    held.filter(slug="").delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_tables")]

    operations = [
        migrations.RunPython(drop_triggers, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("slug", models.CharField(max_length=32, null=True, unique=True)),
                ("name", models.CharField(max_length=128)),
                ("name_key", models.CharField(max_length=512)),
                ("granted", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="accounts.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="role_is_builtin_or_owned",
                        condition=models.Q(slug__isnull=True, organization__isnull=False)
                        | models.Q(slug__isnull=False, organization__isnull=True),
                    ),
                    models.UniqueConstraint(fields=("organization", "name_key"), name="role_name_once"),
                ],
            },
        ),
        migrations.RunPython(make_rows, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="memberrole", name="role_held_once"),
        migrations.RemoveConstraint(model_name="memberrole", name="role_is_known"),
        migrations.RenameField(model_name="memberrole", old_name="role", new_name="slug"),
        migrations.AddField(
            model_name="memberrole",
            name="role",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="accounts.role",
            ),
        ),
        migrations.AlterField(model_name="memberrole", name="slug", field=models.CharField(default="", max_length=32)),
        migrations.RunPython(point_at_rows, name_again),
        migrations.AlterField(
            model_name="memberrole",
            name="role",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="assignments", to="accounts.role"
            ),
        ),
        migrations.RemoveField(model_name="memberrole", name="slug"),
        migrations.AddConstraint(
            model_name="memberrole",
            constraint=models.UniqueConstraint(fields=("member", "role"), name="role_held_once"),
        ),
        migrations.AddField(
            model_name="member", name="title", field=models.CharField(blank=True, default="", max_length=128)
        ),
        migrations.AddField(model_name="member", name="modified_at", field=models.DateTimeField(null=True)),
        migrations.RunPython(migrations.RunPython.noop, drop_triggers),
    ]
