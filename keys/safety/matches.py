"""What a scanner or a person found: a text that may be a credential, and where."""

from dataclasses import dataclass, field

from keys.safety import patterns

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
        return self._plain(self.url)[:LONGEST_PLACE]

    @property
    def kept_source(self) -> str:
        """The source as it may be kept."""
        return self._plain(self.source)[:LONGEST_SOURCE]

    def _plain(self, said: str) -> str:
        printable = "".join(filter(str.isprintable, said.strip()))
        return patterns.redacted(printable.replace(self.text, patterns.REDACTED) if self.text else printable)
