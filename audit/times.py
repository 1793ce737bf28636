"""Times as people write them in a query: now, now-15m, 2026-01-31T10:00:00Z, 1769853600000."""

import re
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from audit.refusals import QueryError

UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
    "M": timedelta(days=30),
}
"""What may follow the number in now-15m. A month is thirty days."""

MAXIMUM_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RELATIVE = re.compile(rf"now(?:-([0-9]+)({'|'.join(UNITS)}))?")
_MILLISECONDS = re.compile(r"-?[0-9]+")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?)?")


def moment(text: str, now: datetime) -> datetime:
    """The time the text means, in UTC; without a zone it is taken for UTC. Raises QueryError."""
    text = text.strip()
    if len(text) > MAXIMUM_LENGTH:
        raise _no_time(f"{text[:MAXIMUM_LENGTH]}…")
    try:
        found = _read(text, now)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except ValueError:
        raise _no_time(text) from None
    except OverflowError:
        raise QueryError(_("“%(text)s” lies outside the years 1 to 9999.") % {"text": text}) from None


def _read(text: str, now: datetime) -> datetime:
    if relative := _RELATIVE.fullmatch(text):
        number, unit = relative.groups()
        return now - int(number) * UNITS[unit] if unit else now
    if _MILLISECONDS.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(text))
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    raise ValueError(text)


def _no_time(text: str) -> QueryError:
    message = _("“%(text)s” is not a time. Write now, now-15m, 2026-01-31T10:00:00Z or milliseconds since 1970.")
    return QueryError(message % {"text": text})
