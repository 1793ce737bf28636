"""Telling people what concerns them: in the console, by e-mail and by webhook."""

from keys.telling.announcing import Tidings, tell, tell_all
from keys.telling.news import News, Severity, Topic

__all__ = ["News", "Severity", "Tidings", "Topic", "tell", "tell_all"]
