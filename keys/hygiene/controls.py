"""The controls, and everything in which they differ. A new one is a declaration and, if need be, a finder."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keys.hygiene import credentials, mitigations, people
from keys.hygiene.credentials import Among, Find
from keys.hygiene.mitigations import ByHand, Mitigation
from keys.kinds import API_KEY, APPLICATION_KEY, PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN

EXCLUSIONS, GRACE = "key_name_exclusion_patterns", "governance_remediation_delay"


class Priority(Enum):
    """How much a control matters: its name in the API, its number there, and its weight in the score."""

    HIGH = "High", 1, 5
    MEDIUM = "Medium", 2, 3
    LOW = "Low", 3, 1

    @property
    def label(self) -> Promise:
        return _PRIORITIES[self]

    @property
    def number(self) -> int:
        return self.value[1]

    @property
    def weight(self) -> int:
        return self.value[2]


_PRIORITIES = {Priority.HIGH: _("High"), Priority.MEDIUM: _("Medium"), Priority.LOW: _("Low")}


@dataclass(frozen=True, kw_only=True, eq=False)
class Parameter:
    """A whole number that can be set, from `least` to `most`; its name is what the API calls it."""

    name: str
    label: Promise
    description: Promise
    default: int
    least: int = 1
    most: int = 730


@dataclass(frozen=True, kw_only=True, eq=False)
class Control:
    """Something to look for. `slug` is its name in addresses, the database and the API; `among` are the things it
    looks at, `find` those it finds among them; it has a `mitigation`, or what is done `by_hand` instead."""

    slug: str
    name: Promise
    description: Promise
    remedy: Promise
    priority: Priority
    product: str
    resource_type: str
    resource: Promise
    among: Among
    find: Find
    parameters: tuple[Parameter, ...] = ()
    mitigation: Mitigation | None = None
    by_hand: ByHand | None = None

    def __str__(self) -> str:
        return self.slug

    @property
    def done(self) -> Mitigation | ByHand | None:
        """What is done about what it finds."""
        return self.mitigation or self.by_hand

    @property
    def is_done_here(self) -> bool:
        """Whether that can be done from here, to one thing or to several."""
        return self.mitigation is not None or self.by_hand is mitigations.NAME_OWNER

    @property
    def numbers(self) -> tuple[Parameter, ...]:
        """Its own parameters, and the days of grace where it can mitigate by itself."""
        return (*self.parameters, GRACE_DAYS) if self.mitigation else self.parameters


def _days(name: str, label: Promise, default: int, *, least: int = 1, description: Promise | None = None) -> Parameter:
    said = description or _("Younger ones are never found.")
    return Parameter(name=name, label=label, description=said, default=default, least=least)


GRACE_DAYS = Parameter(
    name=GRACE,
    label=_("Days of grace"),
    description=_("How long people have from the notice on, before it is done by itself."),
    default=7,
    most=7,
)
_UNUSED = _("Days without use")
_LOOKING_BACK = _("Days to look back")

CONTROLS = (
    Control(
        slug="unused_api_keys",
        name=_("Unused API keys"),
        description=_("API keys that nothing has used for a long time. If one leaks, nobody notices."),
        remedy=_("Revoke it. Brown it out first if you are not sure who would miss it."),
        priority=Priority.HIGH,
        product="api_keys",
        resource_type="api_key",
        resource=_("API key"),
        among=credentials.of_kinds((API_KEY,)),
        find=credentials.unused((API_KEY,), "api_key_threshold"),
        parameters=(_days("api_key_threshold", _UNUSED, 90),),
        mitigation=mitigations.REVOKE_API_KEY,
    ),
    Control(
        slug="unused_application_keys",
        name=_("Unused application keys"),
        description=_("Application keys that nothing has used for a long time, each with its owner’s access."),
        remedy=_("Revoke it. Its owner can create another one at any time."),
        priority=Priority.HIGH,
        product="application_keys",
        resource_type="application_key",
        resource=_("application key"),
        among=credentials.of_kinds((APPLICATION_KEY,)),
        find=credentials.unused((APPLICATION_KEY,), "application_key_threshold"),
        parameters=(_days("application_key_threshold", _UNUSED, 90),),
        mitigation=mitigations.REVOKE,
    ),
    Control(
        slug="unused_access_tokens",
        name=_("Unused tokens"),
        description=_("Personal and service access tokens that nothing has used for a long time."),
        remedy=_("Revoke it. Whoever needs one again creates one that ends sooner."),
        priority=Priority.HIGH,
        product="access_tokens",
        resource_type="access_token",
        resource=_("access token"),
        among=credentials.of_kinds((PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN)),
        find=credentials.unused((PERSONAL_ACCESS_TOKEN, SERVICE_ACCESS_TOKEN), "access_token_threshold"),
        parameters=(_days("access_token_threshold", _UNUSED, 90),),
        mitigation=mitigations.REVOKE,
    ),
    Control(
        slug="unknown_owners",
        name=_("Unknown owners"),
        description=_("API keys and client tokens for which nobody answers: no owner is named, or they have left."),
        remedy=_("Name a member or a team."),
        priority=Priority.HIGH,
        product="api_keys",
        resource_type="api_key",
        resource=_("API key or client token"),
        among=credentials.of_kinds(credentials.OWNED_BY_ALL),
        find=credentials.of_unknown_owner,
        by_hand=mitigations.NAME_OWNER,
    ),
    Control(
        slug="overdue_rotation",
        name=_("Overdue rotation"),
        description=_("Credentials that are older than the organization’s policy lets them be."),
        remedy=_("Rotate it: both texts work until whoever uses it has the new one."),
        priority=Priority.MEDIUM,
        product="api_keys",
        resource_type="credential",
        resource=_("credential"),
        among=credentials.of_kinds(credentials.SECRET),
        find=credentials.overdue,
        by_hand=mitigations.ROTATE,
    ),
    Control(
        slug="never_expiring_tokens",
        name=_("Never-expiring tokens"),
        description=_("Service access tokens without an end. One that was forgotten works for ever."),
        remedy=_("Create one with an end in its place, and revoke it."),
        priority=Priority.MEDIUM,
        product="access_tokens",
        resource_type="service_access_token",
        resource=_("service access token"),
        among=credentials.of_kinds(credentials.ENDLESS),
        find=credentials.never_ending,
        mitigation=mitigations.REVOKE,
    ),
    Control(
        slug="unscoped_application_keys",
        name=_("Unscoped application keys"),
        description=_("Application keys that may do all that their owner may do."),
        remedy=_("Give it the scopes that it needs."),
        priority=Priority.MEDIUM,
        product="application_keys",
        resource_type="application_key",
        resource=_("application key"),
        among=credentials.of_kinds((APPLICATION_KEY,)),
        find=credentials.unscoped,
        parameters=(_days("scope_threshold", _LOOKING_BACK, 90, description=_("Only good uses count.")),),
        mitigation=mitigations.NARROW,
    ),
    Control(
        slug="unused_scopes",
        name=_("Unused scopes"),
        description=_("Application keys and tokens with scopes that no use was about for a long time."),
        remedy=_("Narrow it to the scopes that it was used with."),
        priority=Priority.MEDIUM,
        product="application_keys",
        resource_type="credential",
        resource=_("application key or token"),
        among=credentials.narrowable,
        find=credentials.too_wide,
        parameters=(
            _days(
                "scope_threshold",
                _LOOKING_BACK,
                90,
                description=_("As long as scopes were not counted for so many days, nothing is found."),
            ),
        ),
        mitigation=mitigations.NARROW,
    ),
    Control(
        slug="shared_keys",
        name=_("Shared keys"),
        description=_(
            "One key or token used by several programs or from several networks: nobody can tell who it was."
        ),
        remedy=_("Give each program its own, then revoke this one."),
        priority=Priority.MEDIUM,
        product="api_keys",
        resource_type="credential",
        resource=_("key or token"),
        among=credentials.of_kinds(credentials.SECRET),
        find=credentials.shared,
        parameters=(
            _days("usage_window", _LOOKING_BACK, 28, description=_("Only good uses count.")),
            Parameter(
                name="client_threshold",
                label=_("Programs"),
                description=_("Found when so many programs used it, or more."),
                default=3,
                least=2,
                most=100,
            ),
            Parameter(
                name="network_threshold",
                label=_("Networks"),
                description=_("Found when it was used from so many networks, or more."),
                default=4,
                least=2,
                most=100,
            ),
        ),
        by_hand=mitigations.SPLIT,
    ),
    Control(
        slug="owners_without_sign_in",
        name=_("Owners who cannot sign in"),
        description=_("Keys and tokens act for somebody who is disabled, never joined, or has no way to sign in."),
        remedy=_("Move what is needed to a service account, then disable the owner."),
        priority=Priority.HIGH,
        product="users",
        resource_type="user",
        resource=_("member"),
        among=people.owners,
        find=people.shut_out,
        mitigation=mitigations.DISABLE_MEMBER,
    ),
    Control(
        slug="idle_members",
        name=_("Idle members"),
        description=_("Members who have not signed in for a long time."),
        remedy=_("Ask whether they still need it; disable who has left."),
        priority=Priority.MEDIUM,
        product="users",
        resource_type="user",
        resource=_("member"),
        among=people.people,
        find=people.idle,
        parameters=(
            _days(
                "idle_threshold",
                _("Days without signing in"),
                30,
                description=_("Who joined later than that is never found."),
            ),
        ),
        mitigation=mitigations.DISABLE_MEMBER,
    ),
    Control(
        slug="unmanaged_service_accounts",
        name=_("Unmanaged service accounts"),
        description=_("Service accounts that no active member manages: nobody hears when their keys end."),
        remedy=_("Name a manager on its page, or disable it."),
        priority=Priority.MEDIUM,
        product="service_accounts",
        resource_type="service_account",
        resource=_("service account"),
        among=people.service_accounts,
        find=people.unmanaged,
        mitigation=mitigations.DISABLE_SERVICE_ACCOUNT,
    ),
    Control(
        slug="roles_without_users",
        name=_("Roles without users"),
        description=_("Custom roles that no member holds. Fewer roles are easier to keep right."),
        remedy=_("Delete it, or give it to somebody."),
        priority=Priority.LOW,
        product="roles",
        resource_type="role",
        resource=_("role"),
        among=people.roles,
        find=people.without_users,
        parameters=(_days("role_age_threshold", _("Days since it was made"), 7, least=0),),
        mitigation=mitigations.DELETE_ROLE,
    ),
)
BY_SLUG = {control.slug: control for control in CONTROLS}
