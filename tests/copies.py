"""Very many rows at once, for tests of what a long list costs: made by the database, past the verbs."""

from django.db import connection, models

RANDOM = {
    "sqlite": {"uuid": "lower(hex(randomblob(16)))", "bytes": "randomblob(32)"},
    "postgresql": {"uuid": "gen_random_uuid()", "bytes": "uuid_send(gen_random_uuid())"},
}


def multiply(row, times, **different):
    """So many more rows like this one. What differs is SQL by column, in which `n` counts them from 1."""
    chance, quote = RANDOM[connection.vendor], connection.ops.quote_name
    values = {field.column: f"original.{quote(field.column)}" for field in row._meta.concrete_fields}
    if isinstance(row._meta.pk, models.AutoField):
        del values[row._meta.pk.column]
    else:
        values[row._meta.pk.column] = chance["uuid"]
    values |= {column: sql.format(**chance) for column, sql in different.items()}
    table, key = quote(row._meta.db_table), quote(row._meta.pk.column)
    statement = f"""
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
        INSERT INTO {table} ({", ".join(map(quote, values))})
        SELECT {", ".join(values.values())} FROM {table} AS original, numbers WHERE original.{key} = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [times, row._meta.pk.get_db_prep_value(row.pk, connection)])
