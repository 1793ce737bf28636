"""Logging: whatever is spelled like one of our secrets never reaches a log."""

import logging
import re

_SECRETS = re.compile(
    r"\b(?:pub)?[0-9a-f]{32}\b|\bdd(?:app|pat|sat)_\w+|(?<=/invitations/)[\w-]+|(?<=/password/reset/key/)[^/\s]+"
)


def redacted(text: str) -> str:
    """The text with everything that could be a credential replaced."""
    return _SECRETS.sub("[redacted]", text)


class RedactSecrets(logging.Filter):
    """Rewrites a record's message; tracebacks are formatted and rewritten too."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redacted(record.getMessage()), None
        if record.exc_info:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True
