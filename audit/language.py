"""The search language of Datadog's Audit Trail, read into a condition on the events.

    @evt.name:Authentication @asset.type:(api_key OR application_key) -@usr.name:"Alice Admin" @timestamp:>now-7d

Terms: `@attribute:value`, a word or "words" that stand anywhere, `*` for what has any value. Values: `*` and `?` are
wildcards outside quotation marks, a backslash makes any character plain; `>`, `>=`, `<`, `<=` and `[1 TO 10]` compare.
NOT or `-` before a term binds closest, then AND (or a space), then OR; parentheses group terms, or the values of one
attribute. An attribute no event has finds nothing; what cannot be read raises QueryError.
"""

import re
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.attributes import EVERYTHING, Attribute, mentions, named
from audit.patterns import Pattern
from audit.refusals import QueryError

MAXIMUM_LENGTH = 2_000
MAXIMUM_DEPTH = 20
MAXIMUM_TERMS = 100

_SPACE = re.compile(r"\s*")
_OPERATOR = re.compile(r'(AND|OR|NOT)(?=[\s()"]|\Z)')
_MINUS = re.compile(r"-(?=\S)")
_NAME = re.compile(r'([^\s()":\\]*):')
_SIGN = re.compile(r">=|<=|>|<")
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_WORD = re.compile(r'(?:\\.|[^\s()"\\])+', re.DOTALL)
_BOUND = r'(?:"((?:\\.|[^"\\])*)"|([^\s\[\]()"]+))'
_RANGE = re.compile(rf"\[\s*{_BOUND}\s+TO\s+{_BOUND}\s*\]", re.DOTALL)
_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""No database keeps NUL or half a surrogate pair."""


def condition(text: str, *, now: datetime) -> Q:
    """What the query asks of an event; everything if it is empty. Raises QueryError."""
    if len(text) > MAXIMUM_LENGTH:
        message = _("A query has at most %(number)s characters.") % {"number": MAXIMUM_LENGTH}
        raise QueryError(message, MAXIMUM_LENGTH + 1)
    if unkept := _UNKEPT.search(text):
        message = _("A query cannot hold the character %(code)s.") % {"code": f"U+{ord(unkept[0]):04X}"}
        raise QueryError(message, unkept.start() + 1)
    return _Reader(text, now).whole()


class _Reader:
    """Reads a query once, from left to right, and stands at `at`. An `attribute` passed on is what values belong to."""

    def __init__(self, text: str, now: datetime) -> None:
        self.text, self.now = text, now
        self.at = self.depth = self.terms = 0

    def whole(self) -> Q:
        self._skip()
        if self.at == len(self.text):
            return EVERYTHING
        found = self._any_of(None)
        if self.at < len(self.text):
            raise QueryError(_("This parenthesis was never opened."), self.at + 1)
        return found

    def _any_of(self, attribute: Attribute | None) -> Q:
        found = self._all_of(attribute, after="")
        while self._takes("OR"):
            found |= self._all_of(attribute, after="OR")
        return found

    def _all_of(self, attribute: Attribute | None, *, after: str) -> Q:
        found = self._one(attribute, after=after)
        while True:
            if self._takes("AND"):
                found &= self._one(attribute, after="AND")
            elif self.at == len(self.text) or self.text[self.at] == ")" or self._operator() == "OR":
                return found
            else:
                found &= self._one(attribute, after="")

    def _one(self, attribute: Attribute | None, *, after: str) -> Q:
        """A term, a group or the negation of one; `after` is the operator that asks for it."""
        start = self.at
        if self._takes("NOT"):
            return self._not(attribute, "NOT", start)
        if self._reads(_MINUS):
            return self._not(attribute, "-", start)
        if self._operator() or self.text[start : start + 1] in {"", ")"}:
            raise self._missing(after)
        if self.text[start] == "(":
            return self._group(attribute)
        return self._term(attribute)

    def _not(self, attribute: Attribute | None, operator: str, start: int) -> Q:
        self._deeper(start)
        found = ~self._one(attribute, after=operator)
        self.depth -= 1
        return found

    def _group(self, attribute: Attribute | None) -> Q:
        start = self.at
        self._deeper(start)
        self.at += 1
        self._skip()
        if self.text.startswith(")", self.at):
            raise QueryError(_("These parentheses are empty."), start + 1)
        if self.at == len(self.text):
            raise _unclosed(start)
        found = self._any_of(attribute)
        if self.at == len(self.text):
            raise _unclosed(start)
        self.at += 1
        self._skip()
        self.depth -= 1
        return found

    def _term(self, attribute: Attribute | None) -> Q:
        start = self.at
        name = None if attribute else self._reads(_NAME)
        if name and not name[1]:
            raise QueryError(_("Nothing stands before “%(word)s”.") % {"word": ":"}, start + 1)
        try:
            if name and self.text.startswith("(", self.at):
                return self._group(named(name[1]))
            return self._value(named(name[1]) if name else attribute, after=name[0] if name else "")
        except QueryError as refused:
            raise QueryError(refused.message, refused.position or start + 1) from None

    def _value(self, attribute: Attribute | None, *, after: str) -> Q:
        self._count()
        if attribute is None:
            found = mentions(self._pattern(after))
        elif self.text.startswith("[", self.at):
            found = self._range(attribute)
        elif sign := self._reads(_SIGN):
            found = attribute.ordered(sign[0], self._pattern(sign[0]).text, self.now)
        else:
            found = attribute.equal(self._pattern(after), self.now)
        self._skip()
        return found

    def _range(self, attribute: Attribute) -> Q:
        bounds = self._reads(_RANGE)
        if not bounds:
            raise QueryError(_("A range is written like [1 TO 10]."), self.at + 1)
        found = EVERYTHING
        for sign, inside, word in ((">=", bounds[1], bounds[2]), ("<=", bounds[3], bounds[4])):
            if word != "*":
                found &= attribute.ordered(sign, word or Pattern.quoted(inside).text, self.now)
        return found

    def _pattern(self, after: str) -> Pattern:
        """The value that stands here."""
        start = self.at
        if self.text.startswith('"', start):
            return self._phrase()
        word = self._reads(_WORD)
        if self.text.startswith("\\", self.at):
            raise QueryError(_("Nothing follows “%(word)s”.") % {"word": "\\"}, self.at + 1)
        if not word:
            raise QueryError(_("Nothing follows “%(word)s”.") % {"word": after}, start + 1)
        return Pattern.of(word[0])

    def _phrase(self) -> Pattern:
        start = self.at
        quoted = self._reads(_QUOTED)
        if not quoted:
            raise QueryError(_("This quotation mark is never closed."), start + 1)
        if not quoted[1]:
            raise QueryError(_("Nothing stands between these quotation marks."), start + 1)
        return Pattern.quoted(quoted[1])

    def _missing(self, after: str) -> QueryError:
        """What is wrong where a term should stand and none does."""
        if after:
            return QueryError(_("Nothing follows “%(word)s”.") % {"word": after}, self.at + 1)
        if operator := self._operator():
            return QueryError(_("Nothing stands before “%(word)s”.") % {"word": operator}, self.at + 1)
        return QueryError(_("This parenthesis was never opened."), self.at + 1)

    def _deeper(self, start: int) -> None:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            message = _("Parentheses and negations lie at most %(number)s deep.") % {"number": MAXIMUM_DEPTH}
            raise QueryError(message, start + 1)

    def _count(self) -> None:
        self.terms += 1
        if self.terms > MAXIMUM_TERMS:
            message = _("A query has at most %(number)s terms.") % {"number": MAXIMUM_TERMS}
            raise QueryError(message, self.at + 1)

    def _operator(self) -> str:
        """AND, OR or NOT if that stands here, else nothing."""
        found = _OPERATOR.match(self.text, self.at)
        return found[1] if found else ""

    def _takes(self, operator: str) -> bool:
        if self._operator() != operator:
            return False
        self.at += len(operator)
        self._skip()
        return True

    def _reads(self, what: re.Pattern[str]) -> re.Match[str] | None:
        """What stands here, if it is that; goes on behind it."""
        found = what.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found

    def _skip(self) -> None:
        self._reads(_SPACE)


def _unclosed(start: int) -> QueryError:
    return QueryError(_("This parenthesis is never closed."), start + 1)
