"""Adding many rows to a table of counts by one statement, on either engine."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import connection, models

Value = uuid.UUID | datetime | date | str | int
Row = tuple[Value, ...]

PLUS = "{table}.{column} + excluded.{column}"
LATER = "CASE WHEN excluded.{column} > {table}.{column} THEN excluded.{column} ELSE {table}.{column} END"


def kinds_of(model: type[models.Model]) -> dict[str, str]:
    """The engine's type of each of the table's columns but the running number, in the order of the model's fields."""
    fields = (field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))
    return {str(field.column): str(field.db_type(connection)) for field in fields}


def rows_as_table(kinds: Mapping[str, str]) -> str:
    """SQL for the rows that one parameter, made by `as_parameter`, holds: columns of these names and types."""
    if connection.vendor == "sqlite":
        taken = (f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(kinds))
        return f"SELECT {', '.join(taken)} FROM json_each(%s)"
    taken = (f"(value->>{place})::{kind} AS {name}" for place, (name, kind) in enumerate(kinds.items()))
    return f"SELECT {', '.join(taken)} FROM json_array_elements(%s::json)"


def as_parameter(rows: Sequence[Row]) -> str:
    """The rows as the one parameter that `rows_as_table` reads, values spelled as the engine stores them."""
    return json.dumps(rows, default=_spelled)


def add(model: type[models.Model], rows: Sequence[Row], grows: Mapping[str, str]) -> None:
    """Insert the rows; where one is there already, change its columns by `grows`: PLUS or LATER by column.

    One statement. Rows are sorted, so that two nodes that add to the same ones wait for each other in turn.
    """
    table, kinds = model._meta.db_table, kinds_of(model)
    changes = ", ".join(f"{name} = {how.format(table=table, column=name)}" for name, how in grows.items())
    statement = (
        f"INSERT INTO {table} ({', '.join(kinds)}) {rows_as_table(kinds)} WHERE true"
        f" ON CONFLICT ({', '.join(model._meta.total_unique_constraints[0].fields)}) DO UPDATE SET {changes}"
    )
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement, [as_parameter(sorted(rows))])


def _spelled(value: object) -> str:
    if isinstance(value, uuid.UUID):
        return value.hex
    return str(connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value)
