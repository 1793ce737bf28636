"""Installing database triggers, on both engines. Lies in the lowest room because every room above has some."""

from collections.abc import Callable, Mapping, Sequence

from django.db import connections, transaction


def installer(*, sqlite: Mapping[str, str], postgresql: Sequence[str]) -> Callable[..., None]:
    """A receiver of `post_migrate` that puts the triggers in place, or back in place.

    Not a migration of its own: SQLite loses a table's triggers whenever a later migration rebuilds the table. `sqlite`
    maps a trigger's name to what follows it in CREATE TRIGGER; `postgresql` is statements that replace what there is.
    """
    on_sqlite = [
        statement
        for name, definition in sqlite.items()
        for statement in (f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {definition}")
    ]

    on_postgresql = [
        "SET CONSTRAINTS ALL IMMEDIATE",  # no table is altered while something is yet to be checked in it
        *postgresql,
        "SET CONSTRAINTS ALL DEFERRED",
    ]

    def install(*, using: str, **_of_post_migrate: object) -> None:
        statements = on_sqlite if connections[using].vendor == "sqlite" else on_postgresql
        with transaction.atomic(using=using), connections[using].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return install
