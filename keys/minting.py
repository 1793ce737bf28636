"""How a secret is made, recognised and fingerprinted. Nothing else ever handles its text."""

import hashlib
import hmac
import re
import secrets
import uuid
import zlib
from dataclasses import dataclass, field

from django.conf import settings

from keys.kinds import KINDS, Alphabet, Format, Kind

ID_LENGTH = 22
CHECKSUM_LENGTH = 6
HINT_LENGTH = 4


def _spelling(kind: Kind) -> str:
    """What a text of the kind looks like, whole or cut off, as a pattern."""
    if kind.format.alphabet is Alphabet.HEX:
        return rf"{kind.format.prefix}[0-9a-f]{{{kind.format.random},}}"  # more than one key's worth may end in one
    return rf"{kind.format.prefix}\w+"


_SPELLINGS = re.compile("|".join(_spelling(kind) for kind in KINDS), re.IGNORECASE)


def redacted(text: str) -> str:
    """The text with everything replaced that is spelled like a secret of ours."""
    return _SPELLINGS.sub("[redacted]", text)


@dataclass(frozen=True)
class Secret:
    """The text of a credential. It never prints itself: read `.text`, so that a search finds every exposure."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"•••• {self.hint}"

    @property
    def hint(self) -> str:
        """The last four characters, by which people tell keys apart."""
        return self.text[-HINT_LENGTH:]


@dataclass(frozen=True)
class Parsed:
    """What a presented text is, judged by its spelling alone. `id` is the row's, where the kind's format names it."""

    kind: Kind
    id: uuid.UUID | None


def mint(kind: Kind, row_id: uuid.UUID) -> Secret:
    """A new random secret of the kind; at least 128 bits of it are random."""
    spelling = kind.format
    body = spelling.prefix + (f"{base62(row_id.int, ID_LENGTH)}_" if spelling.names_row else "")
    body += "".join(secrets.choice(spelling.alphabet) for _ in range(spelling.random))
    return Secret(body + checksum(body) if spelling.checksum else body)


def parse(text: str) -> Parsed | None:
    """The kind a text is spelled like, or None: wrong length, alphabet, prefix or checksum need no look-up."""
    for kind in KINDS:
        if len(text) == _length(kind.format) and text.startswith(kind.format.prefix):
            return _parse_as(kind, text)
    return None


def _length(spelling: Format) -> int:
    id_part = ID_LENGTH + 1 if spelling.names_row else 0
    return len(spelling.prefix) + id_part + spelling.random + (CHECKSUM_LENGTH if spelling.checksum else 0)


def _parse_as(kind: Kind, text: str) -> Parsed | None:
    spelling, rest = kind.format, text[len(kind.format.prefix) :]
    row_id = None
    if spelling.names_row:
        alias, separator, rest = rest[:ID_LENGTH], rest[ID_LENGTH], rest[ID_LENGTH + 1 :]
        number = _from_base62(alias)
        if separator != "_" or number is None or number >= 1 << 128:
            return None
        row_id = uuid.UUID(int=number)
    if not set(rest) <= set(spelling.alphabet):
        return None
    if spelling.checksum and checksum(text[:-CHECKSUM_LENGTH]) != text[-CHECKSUM_LENGTH:]:
        return None
    return Parsed(kind, row_id)


def checksum(body: str) -> str:
    """CRC32 of the body as six Base62 digits, as in GitHub's token format."""
    return base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)


def base62(number: int, width: int) -> str:
    """A number in digits 0-9A-Za-z, padded with 0 to the width."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = Alphabet.BASE62[digit] + digits
    return digits.rjust(width, "0")


def _from_base62(digits: str) -> int | None:
    number = 0
    for digit in digits:
        value = Alphabet.BASE62.find(digit)
        if value < 0:
            return None
        number = number * 62 + value
    return number


def current_pepper() -> int:
    """The version new fingerprints are made under."""
    return max(settings.PEPPERS)


def fingerprint(kind: Kind, text: str, *, pepper: int) -> bytes:
    """HMAC-SHA-256 under one pepper, over the kind and the text. All that is stored of a secret."""
    return hmac.digest(settings.PEPPERS[pepper], f"{kind.value}\0{text}".encode(), hashlib.sha256)


def fingerprints(kind: Kind, text: str) -> list[bytes]:
    """The fingerprints the text may be stored under, one for each pepper still in the ring."""
    return [fingerprint(kind, text, pepper=version) for version in sorted(settings.PEPPERS, reverse=True)]
