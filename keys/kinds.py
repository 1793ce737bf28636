"""The five kinds of credential, and everything in which they differ. All other code reads these declarations."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission as P


class Owner(StrEnum):
    """Whom a credential belongs to."""

    ORGANIZATION = "organization"
    MEMBER = "user"
    SERVICE_ACCOUNT = "service_account"


class Rule(Enum):
    """Whether a credential of this kind has the thing at all, may have it, or must."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Reveal(Enum):
    """When the text can be read: in the answer that created it, or by everybody always."""

    ONCE = "once"
    PUBLIC = "public"


class Track(StrEnum):
    """What is sent through the intake, by who takes it in: logs, what visitors do, and what Agents measure."""

    LOGS = "logs"
    RUM = "rum"
    AGENT = "agent"


QUARTERLY = timedelta(days=90)


class Alphabet(StrEnum):
    HEX = "0123456789abcdef"
    BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Format:
    """How the text is spelled: prefix, the row's id in Base62 and `_` if `names_row`, random characters, checksum."""

    prefix: str
    alphabet: Alphabet
    random: int
    names_row: bool = False
    checksum: bool = False


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Which permission reads, creates, edits and revokes; `own` does all of it for one's own,
    `service_account` for those a service account owns."""

    read: P
    create: P | None
    edit: P
    revoke: P
    own: P | None = None
    service_account: P | None = None


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many live ones there may be, per organisation or per owner, and how many must stay once one exists."""

    maximum: int
    per: Owner | None
    keep_at_least: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """One kind of credential. `value` is its name in the database and the audit trail, `slug` in URLs.

    `by_tokens` names the kinds of access token that may create or change one; None where any may that is permitted to.
    `sends` is what the intake takes with one; `cadence` how long one without an end is good before it should be
    rotated, unless the organisation's policy says otherwise; `restorable` how long a revoked one can be brought back.

    Equal only to itself: comparing fields would compare labels, and those change with the reader's language.
    """

    value: str
    slug: str
    label: Promise
    plural: Promise
    owners: frozenset[Owner]
    format: Format
    scopes: Rule
    expiry: Rule
    rights: Rights
    reveal: Reveal = Reveal.ONCE
    unique_per_owner: bool = False
    quota: Quota | None = None
    shortest: timedelta = timedelta(0)
    longest: timedelta = timedelta(days=365)
    switchable: bool = False
    by_tokens: frozenset[str] | None = None
    sends: tuple[Track, ...] = ()
    cadence: timedelta | None = None
    restorable: timedelta = timedelta(0)

    def __str__(self) -> str:
        return self.value

    @property
    def belongs_to_organization(self) -> bool:
        return Owner.ORGANIZATION in self.owners

    @property
    def is_public(self) -> bool:
        """Whether everybody may read one, and pages carry it."""
        return self.reveal is Reveal.PUBLIC

    @property
    def opens_api(self) -> bool:
        """Whether a request to the API can be made with one: what everybody can read opens nothing."""
        return not self.is_public


API_KEY = Kind(
    value="api_key",
    slug="api-keys",
    label=_("API key"),
    plural=_("API keys"),
    owners=frozenset({Owner.ORGANIZATION}),
    format=Format(prefix="", alphabet=Alphabet.HEX, random=32),
    scopes=Rule.NONE,
    expiry=Rule.NONE,
    quota=Quota(maximum=5, per=Owner.ORGANIZATION, keep_at_least=1),
    sends=(Track.LOGS, Track.AGENT),
    cadence=QUARTERLY,
    restorable=timedelta(days=7),
    rights=Rights(read=P.API_KEYS_READ, create=P.API_KEYS_WRITE, edit=P.API_KEYS_WRITE, revoke=P.API_KEYS_DELETE),
)
APPLICATION_KEY = Kind(
    value="application_key",
    slug="application-keys",
    label=_("application key"),
    plural=_("Application keys"),
    owners=frozenset({Owner.MEMBER, Owner.SERVICE_ACCOUNT}),
    format=Format(prefix="ddapp_", alphabet=Alphabet.BASE62, random=28, checksum=True),
    scopes=Rule.OPTIONAL,
    expiry=Rule.NONE,
    quota=Quota(maximum=1000, per=None),
    rights=Rights(
        read=P.ORG_APP_KEYS_READ,
        create=None,
        edit=P.ORG_APP_KEYS_WRITE,
        revoke=P.ORG_APP_KEYS_WRITE,
        own=P.USER_APP_KEYS,
        service_account=P.SERVICE_ACCOUNT_WRITE,
    ),
    unique_per_owner=True,
    by_tokens=frozenset(),
    cadence=QUARTERLY,
)
CLIENT_TOKEN = Kind(
    value="client_token",
    slug="client-tokens",
    label=_("client token"),
    plural=_("Client tokens"),
    owners=frozenset({Owner.ORGANIZATION}),
    format=Format(prefix="pub", alphabet=Alphabet.HEX, random=32),
    scopes=Rule.NONE,
    expiry=Rule.NONE,
    reveal=Reveal.PUBLIC,
    rights=Rights(
        read=P.CLIENT_TOKENS_READ,
        create=P.CLIENT_TOKENS_WRITE,
        edit=P.CLIENT_TOKENS_WRITE,
        revoke=P.CLIENT_TOKENS_WRITE,
    ),
    switchable=True,
    sends=(Track.LOGS, Track.RUM),
)
PERSONAL_ACCESS_TOKEN = Kind(
    value="personal_access_token",
    slug="personal-access-tokens",
    label=_("personal access token"),
    plural=_("Personal access tokens"),
    owners=frozenset({Owner.MEMBER}),
    format=Format(prefix="ddpat_", alphabet=Alphabet.BASE62, random=30, names_row=True, checksum=True),
    scopes=Rule.REQUIRED,
    expiry=Rule.REQUIRED,
    shortest=timedelta(hours=24),
    unique_per_owner=True,
    rights=Rights(
        read=P.ORG_APP_KEYS_READ,
        create=None,
        edit=P.ORG_APP_KEYS_WRITE,
        revoke=P.ORG_APP_KEYS_WRITE,
        own=P.USER_APP_KEYS,
    ),
    by_tokens=frozenset({"personal_access_token"}),
)
SERVICE_ACCESS_TOKEN = Kind(
    value="service_access_token",
    slug="service-access-tokens",
    label=_("service access token"),
    plural=_("Service access tokens"),
    owners=frozenset({Owner.SERVICE_ACCOUNT}),
    format=Format(prefix="ddsat_", alphabet=Alphabet.BASE62, random=30, names_row=True, checksum=True),
    scopes=Rule.REQUIRED,
    expiry=Rule.OPTIONAL,
    unique_per_owner=True,
    rights=Rights(
        read=P.ORG_APP_KEYS_READ,
        create=None,
        edit=P.ORG_APP_KEYS_WRITE,
        revoke=P.ORG_APP_KEYS_WRITE,
        service_account=P.SERVICE_ACCOUNT_WRITE,
    ),
    by_tokens=frozenset({"personal_access_token", "service_access_token"}),
    cadence=QUARTERLY,
)

KINDS = (API_KEY, APPLICATION_KEY, CLIENT_TOKEN, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN)
BY_VALUE = {kind.value: kind for kind in KINDS}
BY_SLUG = {kind.slug: kind for kind in KINDS}
