"""What is kept of one presentation of a credential: its outcome, and where it came from, coarsely. Never the secret.

An observation is spooled as a line of fields between tabs: organisation and credential as 32 hex digits, outcome,
client, network, endpoint, and, only if it was asked about some, the scopes between commas. Key hygiene narrows
credentials to the scopes they are used with: a line without scopes costs what it did before there were any.
"""

import functools
import ipaddress
import re
import uuid
from typing import NamedTuple

from keys import minting
from keys.verification import Outcome

LONGEST_CLIENT = 40
LONGEST_ENDPOINT = 128
DEEPEST_ENDPOINT = 6
LONGEST_READ = 512
"""Characters of a header that are looked at."""
MOST_DIGITS = 2
SHORT_WORD = 4
ELSEWHERE = "…"
"""Stands for the rest: of a path too deep, and of values too many to be counted one by one."""

_OUTCOMES = frozenset(outcome.value for outcome in Outcome)
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HeadlessChrome/", "Chrome (headless)"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_WORD = re.compile(r"[A-Za-z_.~-][A-Za-z0-9_.~-]{0,31}")


class Observation(NamedTuple):
    """One verdict and what it was about. `organization_id` and `credential_id` are NOBODY where none is known."""

    organization_id: uuid.UUID
    credential_id: uuid.UUID
    outcome: Outcome
    client: str
    network: str
    endpoint: str
    scopes: tuple[str, ...] = ()

    @property
    def line(self) -> bytes:
        """As it is spooled. What stands after the outcome holds neither tab nor newline: scopes are names of
        permissions, the rest is made by the functions below."""
        ids = f"{self.organization_id.hex}\t{self.credential_id.hex}"
        line = f"{ids}\t{self.outcome.value}\t{self.client}\t{self.network}\t{self.endpoint}"
        return f"{line}\t{','.join(self.scopes)}".encode() if self.scopes else line.encode()


def fields(line: bytes) -> list[str]:
    """The seven fields of a line, as text; the last is empty where no scopes were asked about. ValueError for what is
    none."""
    found = line.decode().split("\t")
    if len(found) == 6:
        found.append("")
    if len(found) != 7 or len(found[0]) != 32 or len(found[1]) != 32 or found[2] not in _OUTCOMES:
        raise ValueError("This is no observation.")
    return found


def parsed(line: bytes) -> Observation:
    """An observation from its line. ValueError for what is none."""
    organization, credential, outcome, client, network, endpoint, scopes = fields(line)
    whose = uuid.UUID(organization), uuid.UUID(credential)
    return Observation(*whose, Outcome(outcome), client, network, endpoint, tuple(filter(None, scopes.split(","))))


def client_of(user_agent: str) -> str:
    """The family of programs a user agent names: "curl", "datadog-api-client-python", "Firefox"; "" for none."""
    return _client_of(user_agent[:LONGEST_READ])


def network_of(ip: str) -> str:
    """The /24 or /48 an address lies in; "" for what is no address."""
    return _network_of(ip[:LONGEST_READ])


def endpoint_of(path: str) -> str:
    """A path without what differs from one request to the next: "/api/v2/users/*/roles"; "" for none.

    A segment is kept if it reads as a word; numbers, identifiers, encoded or long text become a star, and so does
    what is spelled as secrets are, by whomever they were made.
    """
    return _endpoint_of(path[:LONGEST_READ])


@functools.lru_cache(maxsize=4096)
def _client_of(user_agent: str) -> str:
    if user_agent.startswith("Mozilla/"):
        return next((name for mark, name in _BROWSERS if mark in user_agent), "Mozilla")
    product = _PRODUCT.match(minting.redacted(user_agent).strip())
    return product[0][:LONGEST_CLIENT] if product else ""


@functools.lru_cache(maxsize=4096)
def _network_of(ip: str) -> str:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    plain = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((plain.packed, 24 if plain.version == 4 else 48), strict=False))


@functools.lru_cache(maxsize=4096)
def _endpoint_of(path: str) -> str:
    if not path:
        return ""
    segments = [segment for segment in path.split("/") if segment]
    kept = [segment if _is_word(segment) else "*" for segment in segments[:DEEPEST_ENDPOINT]]
    kept += [ELSEWHERE] if len(segments) > DEEPEST_ENDPOINT else []
    return ("/" + "/".join(kept))[:LONGEST_ENDPOINT]


def _is_word(segment: str) -> bool:
    """Words have few digits and few capitals: of 24 random characters about one in a hundred million reads as one."""
    digits = sum(mark.isdigit() for mark in segment)
    capitals = sum(mark.isupper() for mark in segment)
    plain = digits <= MOST_DIGITS and (len(segment) <= SHORT_WORD or 4 * capitals <= len(segment))
    return plain and bool(_WORD.fullmatch(segment)) and minting.redacted(segment) == segment
