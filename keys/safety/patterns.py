"""What our credentials look like, for whoever looks for them: published, and used to find them in a text."""

import re
from dataclasses import dataclass

from keys import minting
from keys.kinds import KINDS, Alphabet, Kind

SERVICE = "keyhouse"
REDACTED = "[redacted]"
MOST_IN_A_TEXT = 200
"""How many texts that are spelled like a credential are looked at in what somebody pasted."""

_CLASSES = {Alphabet.HEX: "[0-9a-f]", Alphabet.BASE62: "[0-9A-Za-z]"}
BOUNDARY = "[0-9A-Za-z_]"
"""What does not stand right before or after one."""
CHECKSUM = (
    "The last 6 characters are the CRC-32 of everything before them, in Base62 (0-9, A-Z, a-z), padded with 0 on the"
    " left. What fails it is not one of ours."
)


@dataclass(frozen=True)
class Pattern:
    """One kind's spelling. `type` is what scanners call it; `example` is spelled like one and never is one."""

    kind: Kind
    type: str
    regex: str
    prefix: str
    checksum: str
    example: str


def _regex(kind: Kind) -> str:
    spelling = kind.format
    base62 = _CLASSES[Alphabet.BASE62]
    row = f"{base62}{{{minting.ID_LENGTH}}}_" if spelling.names_row else ""
    checksum = f"{base62}{{{minting.CHECKSUM_LENGTH}}}" if spelling.checksum else ""
    return f"{spelling.prefix}{row}{_CLASSES[spelling.alphabet]}{{{spelling.random}}}{checksum}"


def _example(kind: Kind) -> str:
    """Spelled like the kind, and never made: its row is no row, or its random part counts up; its checksum is wrong."""
    spelling = kind.format
    body = spelling.prefix + ("0" * minting.ID_LENGTH + "_" if spelling.names_row else "")
    body += (spelling.alphabet.value * spelling.random)[: spelling.random]
    if not spelling.checksum:
        return body
    right = minting.checksum(body)
    return body + right[:-1] + ("0" if right[-1] != "0" else "1")


PATTERNS = tuple(
    Pattern(
        kind=kind,
        type=f"{SERVICE}_{kind.value}",
        regex=_regex(kind),
        prefix=kind.format.prefix,
        checksum=CHECKSUM if kind.format.checksum else "",
        example=_example(kind),
    )
    for kind in KINDS
)

_ANYWHERE = re.compile(
    "|".join(f"(?<!{BOUNDARY}){pattern.regex}(?!{BOUNDARY})" for pattern in PATTERNS),
    re.ASCII,
)


def found_in(text: str) -> list[str]:
    """What in the text is spelled like a credential of ours, checksum included: each once, the first MOST_IN_A_TEXT."""
    spelled = (match[0] for match in _ANYWHERE.finditer(text))
    found = dict.fromkeys(candidate for candidate in spelled if minting.parse(candidate))
    return list(found)[:MOST_IN_A_TEXT]


def redacted(address: str) -> str:
    """The address without what is spelled like a credential. The names of commits, which most addresses of code hold,
    stay: they are longer."""
    return _ANYWHERE.sub(REDACTED, address)
