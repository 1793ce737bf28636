"""The audit trail as CSV, streamed."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from io import StringIO

from audit.models import AuditEvent

COLUMNS = (
    "sequence",
    "at",
    "event",
    "actor_type",
    "actor_id",
    "actor_label",
    "auth_method",
    "ip",
    "user_agent",
    "target_type",
    "target_id",
    "target_label",
    "changes",
    "reason",
    "request_id",
    "hash",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"
"""Spreadsheets read a file as UTF-8 only when it begins with this."""


def harmless(value: object) -> str:
    """The value as text that no spreadsheet runs as a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A CSV file line by line, each cell made harmless."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    yield BOM
    for row in _prepended(header, rows):
        writer.writerow([harmless(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _prepended(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[Iterable[object]]:
    yield header
    yield from rows


def stream(events: Iterable[AuditEvent]) -> Iterator[str]:
    """The events as a CSV file, line by line."""
    return csv_lines(COLUMNS, (_row(event) for event in events))


def _row(event: AuditEvent) -> Iterator[object]:
    for column in COLUMNS:
        value = getattr(event, column)
        if column == "at":
            value = value.astimezone(UTC).isoformat()
        elif column == "changes":
            value = json.dumps(value, ensure_ascii=False)
        yield value
