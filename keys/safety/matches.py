"""What a scanner or a person found: a text that may be a credential, and where."""

from dataclasses import dataclass, field

from keys import minting

LONGEST_PLACE = 500
LONGEST_SOURCE = 64
MOST = 5000
"""How many matches one report may have."""


@dataclass(frozen=True)
class Match:
    """A text that was found, and where. It never prints the text."""

    text: str = field(repr=False)
    url: str = ""
    source: str = ""
    type: str = ""

    @property
    def place(self) -> str:
        """The address as it may be kept: printable, so long and no longer, without a secret."""
        return _plain(self.url)[:LONGEST_PLACE]

    @property
    def kept_source(self) -> str:
        """The source as it may be kept."""
        return _plain(self.source)[:LONGEST_SOURCE]


def _plain(text: str) -> str:
    return minting.redacted("".join(filter(str.isprintable, text.strip())))
