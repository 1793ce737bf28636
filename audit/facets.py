"""Every event in Datadog's words: what `@evt.name`, `@action` and `@status` say of it. A new event is a line here."""

from audit.events import Event

ACCESS = "Access Management"
AUTHENTICATION = "Authentication"
ORGANIZATION = "Organization Management"
TRAIL = "Audit Trail"
RUM = "Real User Monitoring"
NOTIFICATION = "Security Notification"
GOVERNANCE = "Governance"

FACETS: dict[Event, tuple[str, str]] = {
    Event.ORGANIZATION_CREATED: (ORGANIZATION, "created"),
    Event.ORGANIZATION_CHANGED: (ORGANIZATION, "modified"),
    Event.MEMBER_ANONYMIZED: (ACCESS, "deleted"),
    Event.MEMBER_ADDED: (ACCESS, "created"),
    Event.MEMBER_INVITED: (ACCESS, "created"),
    Event.INVITATION_CANCELLED: (ACCESS, "deleted"),
    Event.MEMBER_CHANGED: (ACCESS, "modified"),
    Event.MEMBER_JOINED: (ACCESS, "modified"),
    Event.MEMBER_ROLES_CHANGED: (ACCESS, "modified"),
    Event.MEMBER_DISABLED: (ACCESS, "modified"),
    Event.MEMBER_ENABLED: (ACCESS, "modified"),
    Event.SERVICE_ACCOUNT_CREATED: (ACCESS, "created"),
    Event.SERVICE_ACCOUNT_CHANGED: (ACCESS, "modified"),
    Event.SERVICE_ACCOUNT_DISABLED: (ACCESS, "modified"),
    Event.SERVICE_ACCOUNT_ENABLED: (ACCESS, "modified"),
    Event.ROLE_CREATED: (ACCESS, "created"),
    Event.ROLE_CHANGED: (ACCESS, "modified"),
    Event.ROLE_DELETED: (ACCESS, "deleted"),
    Event.PERSON_SIGNED_IN: (AUTHENTICATION, "login"),
    Event.PERSON_SIGNED_OUT: (AUTHENTICATION, "logout"),
    Event.PERSON_REFUSED: (AUTHENTICATION, "login"),
    Event.PERSON_PROFILE_CHANGED: (ACCESS, "modified"),
    Event.PERSON_PASSWORD_CHANGED: (ACCESS, "modified"),
    Event.PERSON_SESSIONS_ENDED: (AUTHENTICATION, "logout"),
    Event.CREDENTIAL_ISSUED: (AUTHENTICATION, "created"),
    Event.CREDENTIAL_RENAMED: (AUTHENTICATION, "modified"),
    Event.CREDENTIAL_SCOPES_CHANGED: (AUTHENTICATION, "modified"),
    Event.CREDENTIAL_CHANGED: (AUTHENTICATION, "modified"),
    Event.CREDENTIAL_REVOKED: (AUTHENTICATION, "deleted"),
    Event.CREDENTIAL_ROTATED: (AUTHENTICATION, "created"),
    Event.CREDENTIAL_ROTATION_CANCELLED: (AUTHENTICATION, "deleted"),
    Event.CREDENTIAL_RESTORED: (AUTHENTICATION, "created"),
    Event.CREDENTIAL_BLOCKED: (AUTHENTICATION, "modified"),
    Event.CREDENTIAL_UNBLOCKED: (AUTHENTICATION, "modified"),
    Event.CREDENTIAL_OWNERSHIP_CHANGED: (AUTHENTICATION, "modified"),
    Event.POLICY_CHANGED: (ORGANIZATION, "modified"),
    Event.CREDENTIAL_SEEN_IN_BROWSER: (AUTHENTICATION, "accessed"),
    Event.CREDENTIAL_LEAKED: (NOTIFICATION, "notification"),
    Event.LEAK_STEP_DONE: (NOTIFICATION, "modified"),
    Event.LEAK_CLOSED: (NOTIFICATION, "modified"),
    Event.LEAK_DISMISSED: (NOTIFICATION, "modified"),
    Event.SECURITY_CONTACTS_CHANGED: (ORGANIZATION, "modified"),
    Event.SECURITY_CONTACTS_REVIEWED: (ORGANIZATION, "modified"),
    Event.CLIENT_TOKEN_USE_CHANGED: (AUTHENTICATION, "modified"),
    Event.CREDENTIALS_EXPORTED: (AUTHENTICATION, "accessed"),
    Event.AUDIT_EXPORTED: (TRAIL, "accessed"),
    Event.USAGE_EXPORTED: (AUTHENTICATION, "accessed"),
    Event.RUM_APPLICATION_CREATED: (RUM, "created"),
    Event.RUM_APPLICATION_CHANGED: (RUM, "modified"),
    Event.RUM_APPLICATION_DELETED: (RUM, "deleted"),
    Event.RUM_PROXY_CHANGED: (RUM, "modified"),
    Event.UPSTREAM_CHANGED: (ORGANIZATION, "modified"),
    Event.WEBHOOK_CREATED: (ORGANIZATION, "created"),
    Event.WEBHOOK_CHANGED: (ORGANIZATION, "modified"),
    Event.WEBHOOK_DELETED: (ORGANIZATION, "deleted"),
    Event.WEBHOOK_SECRET_ROTATED: (ORGANIZATION, "modified"),
    Event.WEBHOOK_SENT_AGAIN: (ORGANIZATION, "modified"),
    Event.MAILS_SENT_AGAIN: (ORGANIZATION, "modified"),
    Event.NOTIFICATIONS_CHANGED: (ACCESS, "modified"),
    Event.REQUEST_MADE: (ORGANIZATION, "created"),
    Event.REQUEST_APPROVED: (ORGANIZATION, "modified"),
    Event.REQUEST_DECLINED: (ORGANIZATION, "modified"),
    Event.LIMIT_CHANGED: (ORGANIZATION, "modified"),
    Event.KIND_SWITCHED_ON: (ORGANIZATION, "modified"),
    Event.KIND_SWITCHED_OFF: (ORGANIZATION, "modified"),
    Event.CONTROL_CHANGED: (GOVERNANCE, "modified"),
    Event.DETECTION_ASSIGNED: (GOVERNANCE, "modified"),
    Event.DETECTION_DELAYED: (GOVERNANCE, "modified"),
    Event.DETECTION_EXCEPTED: (GOVERNANCE, "modified"),
    Event.DETECTION_REACTIVATED: (GOVERNANCE, "modified"),
    Event.DETECTION_MITIGATED: (GOVERNANCE, "modified"),
}
"""The category, which is `@evt.name`, and what was done, which is `@action`."""

_WARNINGS = frozenset({Event.PERSON_REFUSED, Event.CREDENTIAL_SEEN_IN_BROWSER, Event.CREDENTIAL_LEAKED})

SOURCE = "audit"
"""What `source:` says of every event."""


def category(event: Event) -> str:
    """`@evt.name`."""
    return FACETS[event][0]


def action(event: Event) -> str:
    """`@action`."""
    return FACETS[event][1]


def status(event: Event) -> str:
    """`@status`."""
    return "warn" if event in _WARNINGS else "info"


def source(_event: Event) -> str:
    """`source:`."""
    return SOURCE
