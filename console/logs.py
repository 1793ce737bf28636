"""Logging: whatever is spelled like one of our secrets never reaches a log."""

import logging
import re

from keys import minting

_LINKS = re.compile(r"(?<=/invitations/)[\w-]+|(?<=/password/reset/key/)[^/\s]+")


def redacted(text: str) -> str:
    """The text with everything replaced that could be a credential or a link that lets somebody in."""
    return _LINKS.sub("[redacted]", minting.redacted(text))


class RedactSecrets(logging.Filter):
    """Rewrites a record's message; tracebacks are formatted and rewritten too."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), None
        if record.exc_info:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True
