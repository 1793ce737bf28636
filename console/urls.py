"""Every address of the console. The API's are included by name: the two doors never import each other."""

from allauth.account import views as allauth
from django.conf import settings
from django.urls import include, path, re_path, register_converter
from django.views.i18n import set_language

from console import errors
from console.access import public
from console.account import entry, invitations, notifications, profile
from console.converters import KindConverter
from console.organization import (
    apis,
    audit,
    bulk,
    client_tokens,
    creating,
    credentials,
    data_intake,
    help_page,
    hygiene,
    hygiene_detections,
    hygiene_mitigating,
    limits,
    managers,
    members,
    ownerships,
    policies,
    reference,
    revoking,
    roles,
    rotations,
    rum_applications,
    rum_proxies,
    safety,
    safety_leaks,
    service_accounts,
    timed_work,
    usage,
    webhooks,
)
from console.support import organizations, requests, styleguide

register_converter(KindConverter, "kind")

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

# /accounts/: signing in and out, passwords (allauth's views, this project's look)
account_urls = [
    path("login/", public(allauth.login), name="account_login"),
    path("logout/", public(allauth.logout), name="account_logout"),
    path("inactive/", public(allauth.account_inactive), name="account_inactive"),
    path("reauthenticate/", public(allauth.reauthenticate), name="account_reauthenticate"),
    path("password/change/", public(allauth.password_change), name="account_change_password"),
    path("password/reset/", public(allauth.password_reset), name="account_reset_password"),
    path("password/reset/done/", public(allauth.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        public(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        public(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
]

# /profile/, /invitations/, /organizations/switch/, /language/: the person
person_urls = [
    path("", entry.home, name="home"),
    path("organizations/switch/", entry.organization_switch, name="organization-switch"),
    path("language/", public(set_language), name="set_language"),
    path("invitations/<str:token>/", invitations.invitation_accept, name="invitation-accept"),
    path("profile/", profile.profile, name="profile"),
    path("profile/sessions/end/", profile.sessions_end, name="sessions-end"),
]

# /notifications/: what a member was told
notification_urls = [
    path("", notifications.notification_list, name="notification-list"),
    path("read/", notifications.notification_read_all, name="notification-read-all"),
    path("choices/", notifications.notification_choices, name="notification-choices"),
    path("<int:pk>/read/", notifications.notification_read, name="notification-read"),
]

# /apis/: Integration → APIs
api_urls = [
    path("", apis.apis, name="apis"),
    path("export.csv", apis.apis_export, name="apis-export"),
    path("<kind:kind>/", credentials.credential_list, name="credential-list"),
    path("<kind:kind>/new/", creating.credential_create, name="credential-create"),
    path("<kind:kind>/bulk/rotate/", bulk.credentials_rotate, name="credentials-rotate"),
    path("<kind:kind>/bulk/revoke/", bulk.credentials_revoke, name="credentials-revoke"),
    path("<kind:kind>/<uuid:pk>/", credentials.credential_detail, name="credential-detail"),
    path("<kind:kind>/<uuid:pk>/usage/", usage.credential_usage, name="credential-usage"),
    path("<kind:kind>/<uuid:pk>/usage/export.csv", usage.credential_usage_export, name="credential-usage-export"),
    path("<kind:kind>/<uuid:pk>/rename/", credentials.credential_rename, name="credential-rename"),
    path("<kind:kind>/<uuid:pk>/scopes/", credentials.credential_scopes, name="credential-scopes"),
    path("<kind:kind>/<uuid:pk>/ownership/", ownerships.credential_ownership, name="credential-ownership"),
    path("<kind:kind>/<uuid:pk>/use/", client_tokens.credential_use, name="credential-use"),
    path("<kind:kind>/<uuid:pk>/rotate/", rotations.credential_rotate, name="credential-rotate"),
    path("<kind:kind>/<uuid:pk>/finish/", rotations.credential_finish, name="credential-finish"),
    path("<kind:kind>/<uuid:pk>/cancel/", rotations.credential_cancel, name="credential-cancel"),
    path("<kind:kind>/<uuid:pk>/revoke/", revoking.credential_revoke, name="credential-revoke"),
    path("<kind:kind>/<uuid:pk>/restore/", revoking.credential_restore, name="credential-restore"),
    path("<kind:kind>/<uuid:pk>/block/", revoking.credential_block, name="credential-block"),
    path("<kind:kind>/<uuid:pk>/unblock/", revoking.credential_unblock, name="credential-unblock"),
]

# /rum-applications/
rum_application_urls = [
    path("", rum_applications.rum_application_list, name="rum-application-list"),
    path("new/", rum_applications.rum_application_create, name="rum-application-create"),
    path("<uuid:pk>/", rum_applications.rum_application_detail, name="rum-application-detail"),
    path("<uuid:pk>/edit/", rum_applications.rum_application_edit, name="rum-application-edit"),
    path("<uuid:pk>/delete/", rum_applications.rum_application_delete, name="rum-application-delete"),
    path("<uuid:pk>/proxy/", rum_proxies.rum_proxy_detail, name="rum-proxy-detail"),
    path("<uuid:pk>/proxy/edit/", rum_proxies.rum_proxy_edit, name="rum-proxy-edit"),
]

# /service-accounts/
service_account_urls = [
    path("", service_accounts.service_account_list, name="service-account-list"),
    path("new/", service_accounts.service_account_create, name="service-account-create"),
    path("<uuid:pk>/", service_accounts.service_account_detail, name="service-account-detail"),
    path("<uuid:pk>/edit/", service_accounts.service_account_edit, name="service-account-edit"),
    path("<uuid:pk>/managers/", managers.service_account_managers, name="service-account-managers"),
    path("<uuid:pk>/disable/", service_accounts.service_account_disable, name="service-account-disable"),
    path("<uuid:pk>/enable/", service_accounts.service_account_enable, name="service-account-enable"),
]

# /policies/
policy_urls = [
    path("", policies.policy_list, name="policy-list"),
    path("<kind:kind>/", policies.policy_edit, name="policy-edit"),
]

# /members/roles/
role_urls = [
    path("", roles.role_list, name="role-list"),
    path("new/", roles.role_create, name="role-create"),
    path("<uuid:pk>/", roles.role_detail, name="role-detail"),
    path("<uuid:pk>/clone/", roles.role_clone, name="role-clone"),
    path("<uuid:pk>/edit/", roles.role_edit, name="role-edit"),
    path("<uuid:pk>/delete/", roles.role_delete, name="role-delete"),
]

# /members/
member_urls = [
    path("", members.member_list, name="member-list"),
    path("invite/", members.member_invite, name="member-invite"),
    path("<uuid:pk>/", members.member_detail, name="member-detail"),
    path("<uuid:pk>/roles/", members.member_roles, name="member-roles"),
    path("<uuid:pk>/invitation/", members.member_invitation, name="member-invitation"),
    path("<uuid:pk>/disable/", members.member_disable, name="member-disable"),
    path("<uuid:pk>/enable/", members.member_enable, name="member-enable"),
]

# /webhooks/
webhook_urls = [
    path("", webhooks.webhook_list, name="webhook-list"),
    path("new/", webhooks.webhook_create, name="webhook-create"),
    path("<uuid:pk>/", webhooks.webhook_detail, name="webhook-detail"),
    path("<uuid:pk>/edit/", webhooks.webhook_edit, name="webhook-edit"),
    path("<uuid:pk>/switch/", webhooks.webhook_switch, name="webhook-switch"),
    path("<uuid:pk>/rotate/", webhooks.webhook_rotate, name="webhook-rotate"),
    path("<uuid:pk>/test/", webhooks.webhook_test, name="webhook-test"),
    path("<uuid:pk>/delete/", webhooks.webhook_delete, name="webhook-delete"),
    path("<uuid:pk>/deliveries/send/", webhooks.webhook_send_all_again, name="webhook-send-all-again"),
    path("<uuid:pk>/deliveries/<uuid:delivery>/send/", webhooks.webhook_send_again, name="webhook-send-again"),
]

# /safety/
safety_urls = [
    path("", safety.safety, name="safety"),
    path("report/", safety.leak_report, name="leak-report"),
    path("contacts/", safety.security_contacts, name="security-contacts"),
    path("leaks/<uuid:pk>/", safety_leaks.leak_detail, name="leak-detail"),
    path("leaks/<uuid:pk>/steps/<slug:step>/", safety_leaks.leak_step, name="leak-step"),
    path("leaks/<uuid:pk>/close/", safety_leaks.leak_close, name="leak-close"),
    path("leaks/<uuid:pk>/dismiss/", safety_leaks.leak_dismiss, name="leak-dismiss"),
]

# /hygiene/
hygiene_urls = [
    path("", hygiene.hygiene, name="hygiene"),
    path("scan/", hygiene.hygiene_scan, name="hygiene-scan"),
    path("detections/<uuid:pk>/", hygiene_detections.detection_detail, name="detection-detail"),
    path("detections/<uuid:pk>/except/", hygiene_detections.detection_except, name="detection-except"),
    path("detections/<uuid:pk>/assign/", hygiene_detections.detection_assign, name="detection-assign"),
    path("detections/<uuid:pk>/delay/", hygiene_detections.detection_delay, name="detection-delay"),
    path("detections/<uuid:pk>/reactivate/", hygiene_detections.detection_reactivate, name="detection-reactivate"),
    path("detections/<uuid:pk>/mitigate/", hygiene_detections.detection_mitigate, name="detection-mitigate"),
    path("<slug:slug>/", hygiene.hygiene_control, name="hygiene-control"),
    path("<slug:slug>/settings/", hygiene.hygiene_settings, name="hygiene-settings"),
    path("<slug:slug>/mitigate/", hygiene_mitigating.hygiene_mitigate, name="hygiene-mitigate"),
]

# /data-intake/, /timed-work/, /limits/, /usage/, /audit/, /reference/, /help/
other_urls = [
    path("data-intake/", data_intake.data_intake, name="data-intake"),
    path("timed-work/", timed_work.timed_work, name="timed-work"),
    path("timed-work/mails/send/", timed_work.mail_send_all_again, name="mail-send-all-again"),
    path("timed-work/mails/<int:pk>/send/", timed_work.mail_send_again, name="mail-send-again"),
    path("limits/", limits.limits, name="limits"),
    path("limits/<kind:kind>/ask/", limits.limit_ask, name="limit-ask"),
    path("usage/", usage.usage, name="usage"),
    path("usage/export.csv", usage.usage_export, name="usage-export"),
    path("audit/", audit.audit_trail, name="audit-trail"),
    path("audit/export.csv", audit.audit_export, name="audit-export"),
    path("reference/", reference.reference, name="reference"),
    path("reference/<slug:slug>/", reference.reference_section, name="reference-section"),
    path("help/", help_page.help_page, name="help"),
]

# /support/: support staff only
support_urls = [
    path("organizations/", organizations.support_organizations, name="support-organizations"),
    path("organizations/<uuid:pk>/", organizations.support_organization, name="support-organization"),
    path("organizations/<uuid:pk>/limits/<kind:kind>/", organizations.support_limit, name="support-limit"),
    path("organizations/<uuid:pk>/kinds/<kind:kind>/", organizations.support_switch, name="support-switch"),
    path("requests/", requests.support_requests, name="support-requests"),
    path("requests/<uuid:pk>/", requests.support_request, name="support-request"),
]

urlpatterns = [
    path("", include(person_urls)),
    path("accounts/", include(account_urls)),
    path("notifications/", include(notification_urls)),
    path("apis/", include(api_urls)),
    path("rum-applications/", include(rum_application_urls)),
    path("service-accounts/", include(service_account_urls)),
    path("policies/", include(policy_urls)),
    path("members/roles/", include(role_urls)),
    path("members/", include(member_urls)),
    path("webhooks/", include(webhook_urls)),
    path("safety/", include(safety_urls)),
    path("hygiene/", include(hygiene_urls)),
    path("", include(other_urls)),
    path("support/", include(support_urls)),
    path("api/", include("api.urls")),
    path("", include("api.verify.urls")),
    path("", include("api.well_known")),
]
if settings.DEBUG:
    urlpatterns += [path("styleguide/", styleguide.styleguide, name="styleguide")]
