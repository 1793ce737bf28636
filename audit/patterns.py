"""Values with wildcards, compared whatever their case, alike on both engines and without a costly pattern."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup, Q
from django.db.models.sql.compiler import SQLCompiler


class Wild(Enum):
    """A wildcard: any text, the empty one too, or any one character."""

    TEXT = "*"
    CHARACTER = "?"


_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<wild>[*?])|(?P<plain>[^\\*?]+)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LIKE = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


@dataclass(frozen=True)
class Pattern:
    """A text to compare with: plain pieces and wildcards, in order."""

    pieces: tuple[str | Wild, ...]

    @classmethod
    def of(cls, word: str) -> Self:
        """The word as written without quotation marks: `*` and `?` are wildcards, a backslash makes them plain."""
        found = _PIECE.finditer(word)
        return cls(
            tuple(Wild(piece["wild"]) if piece["wild"] else piece["escaped"] or piece["plain"] for piece in found)
        )

    @classmethod
    def quoted(cls, inside: str) -> Self:
        """What stands between quotation marks: all of it plain, a backslash keeps the character after it."""
        return cls((_ESCAPED.sub(r"\1", inside),))

    @property
    def anywhere(self) -> "Pattern":
        """The same, wherever it stands in a text."""
        return Pattern((Wild.TEXT, *self.pieces, Wild.TEXT))

    @property
    def is_anything(self) -> bool:
        """Whether it is nothing but `*`."""
        return all(piece is Wild.TEXT for piece in self.pieces)

    @property
    def text(self) -> str:
        """The pattern without its escapes, for a value in which wildcards mean nothing."""
        return "".join(piece.value if isinstance(piece, Wild) else piece for piece in self.pieces)

    @property
    def like(self) -> str:
        """The pattern for SQL's LIKE, escaped by backslashes."""
        wild = {Wild.TEXT: "%", Wild.CHARACTER: "_"}
        return "".join(wild[piece] if isinstance(piece, Wild) else piece.translate(_LIKE) for piece in self.pieces)

    @property
    def regex(self) -> str:
        """The pattern for Python's `re`. Each part is found once and kept, so no pattern takes exponential time."""
        parts = [""]
        for piece in self.pieces:
            if piece is Wild.TEXT:
                parts.append("")
            else:
                parts[-1] += "." if piece is Wild.CHARACTER else re.escape(piece)
        first, *rest = parts
        if not rest:
            return rf"(?is)\A{first}\Z"
        *middle, last = rest
        return rf"(?is)\A{first}{''.join(f'(?>.*?{part})' for part in middle)}.*{last}\Z"

    def matches(self, text: str) -> bool:
        """Whether the whole text is as the pattern says."""
        return re.search(self.regex, text) is not None


class _Matches(Lookup):
    """Whether a column is as a Pattern says. SQLite's own LIKE folds the case of ASCII alone, hence Python's `re`."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} ILIKE %s", (*parameters, self.rhs.like)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} REGEXP %s", (*parameters, self.rhs.regex)


def matches(column: str, pattern: Pattern) -> Q:
    """Whose column is as the pattern says."""
    return Q(_Matches(F(column), pattern))
