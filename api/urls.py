"""Every address of the API. No trailing slashes: clients have these by heart."""

from django.urls import path, re_path

from api import leaks as leak_reports
from api.description import describe
from api.door import methods, nothing_here
from api.v1 import keys as v1_keys
from api.v1 import org as v1_org
from api.v2 import (
    access_tokens,
    api_keys,
    application_keys,
    audit,
    governance,
    invitations,
    leaks,
    org,
    roles,
    rum_applications,
    service_accounts,
    users,
    validate,
)

_account = "v2/service_accounts/<str:service_account_id>"

# /api/v1/
v1 = [
    path("v1/validate", methods(GET=validate.validate_v1), name="api-v1-validate"),
    path(
        "v1/api_key",
        methods(GET=v1_keys.list_api_keys_v1, POST=v1_keys.create_api_key_v1),
        name="api-v1-api-keys",
    ),
    path(
        "v1/api_key/<str:key>",
        methods(GET=v1_keys.get_api_key_v1, PUT=v1_keys.update_api_key_v1, DELETE=v1_keys.delete_api_key_v1),
        name="api-v1-api-key",
    ),
    path(
        "v1/application_key",
        methods(GET=v1_keys.list_application_keys_v1, POST=v1_keys.create_application_key_v1),
        name="api-v1-application-keys",
    ),
    path(
        "v1/application_key/<str:key>",
        methods(
            GET=v1_keys.get_application_key_v1,
            PUT=v1_keys.update_application_key_v1,
            DELETE=v1_keys.delete_application_key_v1,
        ),
        name="api-v1-application-key",
    ),
    path("v1/org", methods(GET=v1_org.list_orgs_v1), name="api-v1-orgs"),
    path("v1/org/<str:public_id>", methods(GET=v1_org.get_org_v1, PUT=v1_org.update_org_v1), name="api-v1-org"),
]

# Validation
validation = [
    path("v2/validate", methods(GET=validate.validate), name="api-validate"),
    path("v2/validate_keys", methods(GET=validate.validate_keys), name="api-validate-keys"),
]

# Keys and tokens
keys = [
    path("v2/api_keys", methods(GET=api_keys.list_api_keys, POST=api_keys.create_api_key), name="api-api-keys"),
    path(
        "v2/api_keys/<str:api_key_id>",
        methods(GET=api_keys.get_api_key, PATCH=api_keys.update_api_key, DELETE=api_keys.delete_api_key),
        name="api-api-key",
    ),
    path("v2/application_keys", methods(GET=application_keys.list_application_keys), name="api-application-keys"),
    path(
        "v2/application_keys/<str:app_key_id>",
        methods(
            GET=application_keys.get_application_key,
            PATCH=application_keys.update_application_key,
            DELETE=application_keys.delete_application_key,
        ),
        name="api-application-key",
    ),
    path(
        "v2/current_user/application_keys",
        methods(
            GET=application_keys.list_current_user_application_keys,
            POST=application_keys.create_current_user_application_key,
        ),
        name="api-own-application-keys",
    ),
    path(
        "v2/current_user/application_keys/<str:app_key_id>",
        methods(
            GET=application_keys.get_current_user_application_key,
            PATCH=application_keys.update_current_user_application_key,
            DELETE=application_keys.delete_current_user_application_key,
        ),
        name="api-own-application-key",
    ),
    path(
        "v2/personal_access_tokens",
        methods(GET=access_tokens.list_personal_access_tokens, POST=access_tokens.create_personal_access_token),
        name="api-personal-access-tokens",
    ),
    path(
        "v2/personal_access_tokens/<str:token_id>",
        methods(
            GET=access_tokens.get_personal_access_token,
            PATCH=access_tokens.update_personal_access_token,
            DELETE=access_tokens.revoke_personal_access_token,
        ),
        name="api-personal-access-token",
    ),
]

# Service accounts
accounts = [
    path(
        "v2/service_accounts",
        methods(POST=service_accounts.create_service_account),
        name="api-service-accounts",
    ),
    path(
        f"{_account}/application_keys",
        methods(
            GET=application_keys.list_service_account_application_keys,
            POST=application_keys.create_service_account_application_key,
        ),
        name="api-service-account-application-keys",
    ),
    path(
        f"{_account}/application_keys/<str:app_key_id>",
        methods(
            GET=application_keys.get_service_account_application_key,
            PATCH=application_keys.update_service_account_application_key,
            DELETE=application_keys.delete_service_account_application_key,
        ),
        name="api-service-account-application-key",
    ),
    path(
        f"{_account}/access_tokens",
        methods(
            GET=access_tokens.list_service_account_access_tokens,
            POST=access_tokens.create_service_account_access_token,
        ),
        name="api-service-account-access-tokens",
    ),
    path(
        f"{_account}/access_tokens/<str:token_id>",
        methods(
            GET=access_tokens.get_service_account_access_token,
            PATCH=access_tokens.update_service_account_access_token,
            DELETE=access_tokens.revoke_service_account_access_token,
        ),
        name="api-service-account-access-token",
    ),
]

# Users, invitations, roles, permissions
people = [
    path(
        "v2/current_user",
        methods(GET=users.get_current_user, PATCH=users.update_current_user),
        name="api-current-user",
    ),
    path("v2/users", methods(GET=users.list_users, POST=users.create_user), name="api-users"),
    path(
        "v2/users/<str:user_id>",
        methods(GET=users.get_user, PATCH=users.update_user, DELETE=users.disable_user),
        name="api-user",
    ),
    path("v2/users/<str:user_id>/orgs", methods(GET=users.list_user_organizations), name="api-user-orgs"),
    path(
        "v2/users/<str:user_id>/permissions",
        methods(GET=users.list_user_permissions),
        name="api-user-permissions",
    ),
    path(
        "v2/users/<str:user_id>/invitations",
        methods(DELETE=invitations.delete_user_invitations),
        name="api-user-invitations",
    ),
    path("v2/anonymize_users", methods(PUT=users.anonymize_users), name="api-anonymize-users"),
    path("v2/user_invitations", methods(POST=invitations.send_invitations), name="api-invitations"),
    path(
        "v2/user_invitations/<str:user_invitation_uuid>",
        methods(GET=invitations.get_invitation),
        name="api-invitation",
    ),
    path("v2/permissions", methods(GET=roles.list_permissions), name="api-permissions"),
    path("v2/roles", methods(GET=roles.list_roles, POST=roles.create_role), name="api-roles"),
    path("v2/roles/templates", methods(GET=roles.list_role_templates), name="api-role-templates"),
    path(
        "v2/roles/<str:role_id>",
        methods(GET=roles.get_role, PATCH=roles.update_role, DELETE=roles.delete_role),
        name="api-role",
    ),
    path("v2/roles/<str:role_id>/clone", methods(POST=roles.clone_role), name="api-role-clone"),
    path(
        "v2/roles/<str:role_id>/permissions",
        methods(
            GET=roles.list_role_permissions,
            POST=roles.add_permission_to_role,
            DELETE=roles.remove_permission_from_role,
        ),
        name="api-role-permissions",
    ),
    path(
        "v2/roles/<str:role_id>/users",
        methods(GET=roles.list_role_users, POST=roles.add_user_to_role, DELETE=roles.remove_user_from_role),
        name="api-role-users",
    ),
]

# The organization and its audit trail
organization = [
    path("v2/org", methods(GET=org.list_orgs), name="api-org"),
    path("v2/org_configs", methods(GET=org.list_org_configs), name="api-org-configs"),
    path(
        "v2/org_configs/<str:org_config_name>",
        methods(GET=org.get_org_config, PATCH=org.update_org_config),
        name="api-org-config",
    ),
    path("v2/audit/events", methods(GET=audit.list_audit_logs), name="api-audit-events"),
    path("v2/audit/events/search", methods(POST=audit.search_audit_logs), name="api-audit-search"),
]

# RUM applications
rum = [
    path(
        "v2/rum/applications",
        methods(GET=rum_applications.get_rum_applications, POST=rum_applications.create_rum_application),
        name="api-rum-applications",
    ),
    path(
        "v2/rum/applications/<str:id>",
        methods(
            GET=rum_applications.get_rum_application,
            PATCH=rum_applications.update_rum_application,
            DELETE=rum_applications.delete_rum_application,
        ),
        name="api-rum-application",
    ),
]

# Leaks
safety = [path("v2/leaks", methods(POST=leaks.report_leaks), name="api-leaks")]

# The governance console
_control = "v2/governance/control/<str:detection_type>"
console = [
    path("v2/governance/config", methods(GET=governance.get_governance_config), name="api-governance-config"),
    path("v2/governance/control", methods(GET=governance.list_governance_controls), name="api-governance-controls"),
    path(
        _control,
        methods(GET=governance.get_governance_control, PATCH=governance.update_governance_control),
        name="api-governance-control",
    ),
    path(
        f"{_control}/notification_settings",
        methods(
            GET=governance.get_governance_control_notification_settings,
            PUT=governance.update_governance_control_notification_settings,
        ),
        name="api-governance-control-notifications",
    ),
    path(
        f"{_control}/detections",
        methods(GET=governance.list_governance_control_detections),
        name="api-governance-detections",
    ),
    path(
        "v2/governance/detections/mitigate",
        methods(POST=governance.mitigate_governance_detections),
        name="api-governance-mitigate",
    ),
    path(
        "v2/governance/detections/<str:detection_id>",
        methods(GET=governance.get_governance_detection, PATCH=governance.update_governance_detection),
        name="api-governance-detection",
    ),
    path("v2/governance/insights", methods(GET=governance.list_governance_insights), name="api-governance-insights"),
    path(
        "v2/governance/notification_settings",
        methods(
            GET=governance.get_governance_notification_settings,
            PATCH=governance.update_governance_notification_settings,
        ),
        name="api-governance-notifications",
    ),
]

described = [*validation, *keys, *accounts, *people, *rum, *organization, *console, *safety, *v1]
"""The addresses that the description holds: all that a credential opens."""

urlpatterns = [
    *described,
    path("openapi.json", describe(described), name="api-description"),
    path("leaks/github", leak_reports.github_report, name="api-leaks-github"),
    re_path("", nothing_here, name="api-nothing-here"),
]
