"""Every event the audit trail can hold, its sentence and its name. A new event is a line in each table."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Event(StrEnum):
    """What happened, as noun.past_participle."""

    ORGANIZATION_CREATED = "organization.created"
    MEMBER_ADDED = "member.added"
    ORGANIZATION_CHANGED = "organization.changed"
    MEMBER_INVITED = "member.invited"
    INVITATION_CANCELLED = "invitation.cancelled"
    MEMBER_JOINED = "member.joined"
    MEMBER_CHANGED = "member.changed"
    MEMBER_ROLES_CHANGED = "member.roles_changed"
    MEMBER_DISABLED = "member.disabled"
    MEMBER_ENABLED = "member.enabled"
    MEMBER_ANONYMIZED = "member.anonymized"
    SERVICE_ACCOUNT_CREATED = "service_account.created"
    SERVICE_ACCOUNT_CHANGED = "service_account.changed"
    SERVICE_ACCOUNT_DISABLED = "service_account.disabled"
    SERVICE_ACCOUNT_ENABLED = "service_account.enabled"
    ROLE_CREATED = "role.created"
    ROLE_CHANGED = "role.changed"
    ROLE_DELETED = "role.deleted"
    PERSON_SIGNED_IN = "person.signed_in"
    PERSON_SIGNED_OUT = "person.signed_out"
    PERSON_REFUSED = "person.refused"
    PERSON_PROFILE_CHANGED = "person.profile_changed"
    PERSON_PASSWORD_CHANGED = "person.password_changed"  # noqa: S105 - the name of an event
    PERSON_SESSIONS_ENDED = "person.sessions_ended"
    CREDENTIAL_ISSUED = "credential.issued"
    CREDENTIAL_RENAMED = "credential.renamed"
    CREDENTIAL_SCOPES_CHANGED = "credential.scopes_changed"
    CREDENTIAL_CHANGED = "credential.changed"
    CREDENTIAL_REVOKED = "credential.revoked"
    CREDENTIAL_ROTATED = "credential.rotated"
    CREDENTIAL_ROTATION_CANCELLED = "credential.rotation_cancelled"
    CREDENTIAL_RESTORED = "credential.restored"
    CREDENTIAL_BLOCKED = "credential.blocked"
    CREDENTIAL_UNBLOCKED = "credential.unblocked"
    CREDENTIAL_OWNERSHIP_CHANGED = "credential.ownership_changed"
    POLICY_CHANGED = "policy.changed"
    CREDENTIAL_SEEN_IN_BROWSER = "credential.seen_in_browser"
    CREDENTIAL_LEAKED = "credential.leaked"
    LEAK_STEP_DONE = "leak.step_done"
    LEAK_CLOSED = "leak.closed"
    LEAK_DISMISSED = "leak.dismissed"
    SECURITY_CONTACTS_CHANGED = "security_contacts.changed"
    SECURITY_CONTACTS_REVIEWED = "security_contacts.reviewed"
    CLIENT_TOKEN_USE_CHANGED = "client_token.use_changed"  # noqa: S105 - the name of an event
    CREDENTIALS_EXPORTED = "credentials.exported"
    AUDIT_EXPORTED = "audit.exported"
    USAGE_EXPORTED = "usage.exported"
    RUM_APPLICATION_CREATED = "rum_application.created"
    RUM_APPLICATION_CHANGED = "rum_application.changed"
    RUM_APPLICATION_DELETED = "rum_application.deleted"
    RUM_PROXY_CHANGED = "rum_proxy.changed"
    UPSTREAM_CHANGED = "upstream.changed"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - the name of an event
    WEBHOOK_SENT_AGAIN = "webhook.sent_again"
    MAILS_SENT_AGAIN = "mails.sent_again"
    NOTIFICATIONS_CHANGED = "notifications.changed"
    REQUEST_MADE = "request.made"
    REQUEST_APPROVED = "request.approved"
    REQUEST_DECLINED = "request.declined"
    LIMIT_CHANGED = "limit.changed"
    KIND_SWITCHED_ON = "kind.switched_on"
    KIND_SWITCHED_OFF = "kind.switched_off"
    CONTROL_CHANGED = "control.changed"
    DETECTION_ASSIGNED = "detection.assigned"
    DETECTION_DELAYED = "detection.delayed"
    DETECTION_EXCEPTED = "detection.excepted"
    DETECTION_REACTIVATED = "detection.reactivated"
    DETECTION_MITIGATED = "detection.mitigated"


SENTENCES: dict[Event, Promise] = {
    Event.ORGANIZATION_CREATED: _("%(actor)s created the organization %(target)s"),
    Event.MEMBER_ADDED: _("%(actor)s added %(target)s"),
    Event.ORGANIZATION_CHANGED: _("%(actor)s changed the settings of the organization %(target)s"),
    Event.MEMBER_INVITED: _("%(actor)s invited %(target)s"),
    Event.INVITATION_CANCELLED: _("%(actor)s canceled the invitation of %(target)s"),
    Event.MEMBER_JOINED: _("%(target)s accepted the invitation"),
    Event.MEMBER_CHANGED: _("%(actor)s changed the details of %(target)s"),
    Event.MEMBER_ROLES_CHANGED: _("%(actor)s changed the roles of %(target)s"),
    Event.MEMBER_DISABLED: _("%(actor)s disabled %(target)s"),
    Event.MEMBER_ENABLED: _("%(actor)s enabled %(target)s"),
    Event.MEMBER_ANONYMIZED: _("%(actor)s anonymized a member"),
    Event.SERVICE_ACCOUNT_CREATED: _("%(actor)s created the service account %(target)s"),
    Event.SERVICE_ACCOUNT_CHANGED: _("%(actor)s changed the service account %(target)s"),
    Event.SERVICE_ACCOUNT_DISABLED: _("%(actor)s disabled the service account %(target)s"),
    Event.SERVICE_ACCOUNT_ENABLED: _("%(actor)s enabled the service account %(target)s"),
    Event.ROLE_CREATED: _("%(actor)s created the role %(target)s"),
    Event.ROLE_CHANGED: _("%(actor)s changed the role %(target)s"),
    Event.ROLE_DELETED: _("%(actor)s deleted the role %(target)s"),
    Event.PERSON_SIGNED_IN: _("%(actor)s signed in"),
    Event.PERSON_SIGNED_OUT: _("%(actor)s signed out"),
    Event.PERSON_REFUSED: _("A sign-in as %(target)s was refused"),
    Event.PERSON_PROFILE_CHANGED: _("%(actor)s changed their profile"),
    Event.PERSON_PASSWORD_CHANGED: _("%(actor)s changed their password"),
    Event.PERSON_SESSIONS_ENDED: _("%(actor)s ended sessions of %(target)s"),
    Event.CREDENTIAL_ISSUED: _("%(actor)s created %(target)s"),
    Event.CREDENTIAL_RENAMED: _("%(actor)s renamed %(target)s"),
    Event.CREDENTIAL_SCOPES_CHANGED: _("%(actor)s changed the scopes of %(target)s"),
    Event.CREDENTIAL_CHANGED: _("%(actor)s changed the settings of %(target)s"),
    Event.CREDENTIAL_REVOKED: _("%(actor)s revoked %(target)s"),
    Event.CREDENTIAL_ROTATED: _("%(actor)s rotated %(target)s"),
    Event.CREDENTIAL_ROTATION_CANCELLED: _("%(actor)s canceled the rotation of %(target)s"),
    Event.CREDENTIAL_RESTORED: _("%(actor)s restored %(target)s"),
    Event.CREDENTIAL_BLOCKED: _("%(actor)s blocked %(target)s"),
    Event.CREDENTIAL_UNBLOCKED: _("%(actor)s unblocked %(target)s"),
    Event.CREDENTIAL_OWNERSHIP_CHANGED: _("%(actor)s changed who looks after %(target)s"),
    Event.POLICY_CHANGED: _("%(actor)s changed the policy for %(target)s"),
    Event.CREDENTIAL_SEEN_IN_BROWSER: _("%(target)s was refused because it came from a browser"),
    Event.CREDENTIAL_LEAKED: _("%(target)s was reported as leaked"),
    Event.LEAK_STEP_DONE: _("%(actor)s did a step about the leak of %(target)s"),
    Event.LEAK_CLOSED: _("%(actor)s closed the leak of %(target)s"),
    Event.LEAK_DISMISSED: _("%(actor)s dismissed the leak of %(target)s as a false alarm"),
    Event.SECURITY_CONTACTS_CHANGED: _("%(actor)s changed the security contacts of %(target)s"),
    Event.SECURITY_CONTACTS_REVIEWED: _("%(actor)s confirmed the security contacts of %(target)s"),
    Event.CLIENT_TOKEN_USE_CHANGED: _("%(actor)s changed what %(target)s may be used for"),
    Event.CREDENTIALS_EXPORTED: _("%(actor)s exported the list of credentials"),
    Event.AUDIT_EXPORTED: _("%(actor)s exported the audit trail"),
    Event.USAGE_EXPORTED: _("%(actor)s exported the usage of %(target)s"),
    Event.RUM_APPLICATION_CREATED: _("%(actor)s created the RUM application %(target)s"),
    Event.RUM_APPLICATION_CHANGED: _("%(actor)s changed the RUM application %(target)s"),
    Event.RUM_APPLICATION_DELETED: _("%(actor)s deleted the RUM application %(target)s"),
    Event.RUM_PROXY_CHANGED: _("%(actor)s changed the authenticated proxy of %(target)s"),
    Event.UPSTREAM_CHANGED: _("%(actor)s changed where data of %(target)s goes on to"),
    Event.WEBHOOK_CREATED: _("%(actor)s created the webhook %(target)s"),
    Event.WEBHOOK_CHANGED: _("%(actor)s changed the webhook %(target)s"),
    Event.WEBHOOK_DELETED: _("%(actor)s deleted the webhook %(target)s"),
    Event.WEBHOOK_SECRET_ROTATED: _("%(actor)s gave the webhook %(target)s a new secret"),
    Event.WEBHOOK_SENT_AGAIN: _("%(actor)s sent deliveries of the webhook %(target)s again"),
    Event.MAILS_SENT_AGAIN: _("%(actor)s sent mails again"),
    Event.NOTIFICATIONS_CHANGED: _("%(actor)s changed what they are told"),
    Event.REQUEST_MADE: _("%(actor)s asked support about %(target)s"),
    Event.REQUEST_APPROVED: _("%(actor)s approved the request about %(target)s"),
    Event.REQUEST_DECLINED: _("%(actor)s declined the request about %(target)s"),
    Event.LIMIT_CHANGED: _("%(actor)s changed the limit of %(target)s"),
    Event.KIND_SWITCHED_ON: _("%(actor)s switched %(target)s on"),
    Event.KIND_SWITCHED_OFF: _("%(actor)s switched %(target)s off"),
    Event.CONTROL_CHANGED: _("%(actor)s changed the key hygiene settings of %(target)s"),
    Event.DETECTION_ASSIGNED: _("%(actor)s changed who looks after a finding about %(target)s"),
    Event.DETECTION_DELAYED: _("%(actor)s delayed what is to be done about %(target)s"),
    Event.DETECTION_EXCEPTED: _("%(actor)s made an exception of %(target)s"),
    Event.DETECTION_REACTIVATED: _("%(actor)s ended the exception of %(target)s"),
    Event.DETECTION_MITIGATED: _("%(actor)s mitigated a finding about %(target)s"),
}

STEPS: dict[str, Promise] = {
    "looked": _("%(actor)s looked at what %(target)s did since it leaked"),
    "searched": _("%(actor)s looked for what the leak of %(target)s left behind"),
}
"""What is said of a step of a runbook, by its name."""

LABELS: dict[Event, Promise] = {
    Event.ORGANIZATION_CREATED: _("Organization created"),
    Event.MEMBER_ADDED: _("Member added"),
    Event.ORGANIZATION_CHANGED: _("Organization settings changed"),
    Event.MEMBER_INVITED: _("Member invited"),
    Event.INVITATION_CANCELLED: _("Invitation canceled"),
    Event.MEMBER_JOINED: _("Invitation accepted"),
    Event.MEMBER_CHANGED: _("Member changed"),
    Event.MEMBER_ROLES_CHANGED: _("Roles changed"),
    Event.MEMBER_DISABLED: _("Member disabled"),
    Event.MEMBER_ENABLED: _("Member enabled"),
    Event.MEMBER_ANONYMIZED: _("Member anonymized"),
    Event.SERVICE_ACCOUNT_CREATED: _("Service account created"),
    Event.SERVICE_ACCOUNT_CHANGED: _("Service account changed"),
    Event.SERVICE_ACCOUNT_DISABLED: _("Service account disabled"),
    Event.SERVICE_ACCOUNT_ENABLED: _("Service account enabled"),
    Event.ROLE_CREATED: _("Role created"),
    Event.ROLE_CHANGED: _("Role changed"),
    Event.ROLE_DELETED: _("Role deleted"),
    Event.PERSON_SIGNED_IN: _("Signed in"),
    Event.PERSON_SIGNED_OUT: _("Signed out"),
    Event.PERSON_REFUSED: _("Sign-in refused"),
    Event.PERSON_PROFILE_CHANGED: _("Profile changed"),
    Event.PERSON_PASSWORD_CHANGED: _("Password changed"),
    Event.PERSON_SESSIONS_ENDED: _("Sessions ended"),
    Event.CREDENTIAL_ISSUED: _("Credential created"),
    Event.CREDENTIAL_RENAMED: _("Credential renamed"),
    Event.CREDENTIAL_SCOPES_CHANGED: _("Scopes changed"),
    Event.CREDENTIAL_CHANGED: _("Credential settings changed"),
    Event.CREDENTIAL_REVOKED: _("Credential revoked"),
    Event.CREDENTIAL_ROTATED: _("Credential rotated"),
    Event.CREDENTIAL_ROTATION_CANCELLED: _("Rotation canceled"),
    Event.CREDENTIAL_RESTORED: _("Credential restored"),
    Event.CREDENTIAL_BLOCKED: _("Credential blocked"),
    Event.CREDENTIAL_UNBLOCKED: _("Credential unblocked"),
    Event.CREDENTIAL_OWNERSHIP_CHANGED: _("Ownership changed"),
    Event.POLICY_CHANGED: _("Policy changed"),
    Event.CREDENTIAL_SEEN_IN_BROWSER: _("API key seen in a browser"),
    Event.CREDENTIAL_LEAKED: _("Leak reported"),
    Event.LEAK_STEP_DONE: _("Step about a leak done"),
    Event.LEAK_CLOSED: _("Leak closed"),
    Event.LEAK_DISMISSED: _("Leak dismissed"),
    Event.SECURITY_CONTACTS_CHANGED: _("Security contacts changed"),
    Event.SECURITY_CONTACTS_REVIEWED: _("Security contacts confirmed"),
    Event.CLIENT_TOKEN_USE_CHANGED: _("Client token’s use changed"),
    Event.CREDENTIALS_EXPORTED: _("List of credentials exported"),
    Event.AUDIT_EXPORTED: _("Audit trail exported"),
    Event.USAGE_EXPORTED: _("Usage exported"),
    Event.RUM_APPLICATION_CREATED: _("RUM application created"),
    Event.RUM_APPLICATION_CHANGED: _("RUM application changed"),
    Event.RUM_APPLICATION_DELETED: _("RUM application deleted"),
    Event.RUM_PROXY_CHANGED: _("Authenticated proxy changed"),
    Event.UPSTREAM_CHANGED: _("Intake changed"),
    Event.WEBHOOK_CREATED: _("Webhook created"),
    Event.WEBHOOK_CHANGED: _("Webhook changed"),
    Event.WEBHOOK_DELETED: _("Webhook deleted"),
    Event.WEBHOOK_SECRET_ROTATED: _("Webhook’s secret replaced"),
    Event.WEBHOOK_SENT_AGAIN: _("Deliveries sent again"),
    Event.MAILS_SENT_AGAIN: _("Mails sent again"),
    Event.NOTIFICATIONS_CHANGED: _("Notifications chosen"),
    Event.REQUEST_MADE: _("Support asked"),
    Event.REQUEST_APPROVED: _("Request approved"),
    Event.REQUEST_DECLINED: _("Request declined"),
    Event.LIMIT_CHANGED: _("Limit changed"),
    Event.KIND_SWITCHED_ON: _("Kind switched on"),
    Event.KIND_SWITCHED_OFF: _("Kind switched off"),
    Event.CONTROL_CHANGED: _("Key hygiene settings changed"),
    Event.DETECTION_ASSIGNED: _("Finding assigned"),
    Event.DETECTION_DELAYED: _("Mitigation delayed"),
    Event.DETECTION_EXCEPTED: _("Exception made"),
    Event.DETECTION_REACTIVATED: _("Exception ended"),
    Event.DETECTION_MITIGATED: _("Finding mitigated"),
}
