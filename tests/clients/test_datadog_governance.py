"""Datadog's client: the governance console from its controls to what becomes of a detection."""

import contextlib
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from datadog_api_client.exceptions import NotFoundException

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

CONTROL = "roles_without_users"


def set_control(admin, **attributes):
    body = document("governance_control", **attributes)
    return admin.governance.update_governance_control(CONTROL, body).data.attributes


def looked_for(admin):
    """Have the control look anew, at roles of every age: it does when its settings change."""
    now = admin.governance.get_governance_control(CONTROL).data.attributes.detection_parameters
    days = {"governance_remediation_delay": now["governance_remediation_delay"] % 7 + 1, "role_age_threshold": 0}
    return set_control(admin, detection_parameters=days)


@pytest.fixture
def detection(admin, name):
    """That nobody holds a role."""
    role = admin.roles.create_role(document("roles", name=name)).data
    looked_for(admin)
    (found,) = admin.governance.list_governance_control_detections(CONTROL, filter_query=name).data
    yield found
    with contextlib.suppress(NotFoundException):
        admin.roles.delete_role(str(role.id))


def changed(admin, detection, **attributes):
    body = document("governance_control_detection", **attributes)
    return admin.governance.update_governance_detection(detection.id, body).data.attributes


def test_the_console_is_on_and_is_told_whom_to_tell(admin, house):
    config = admin.governance.get_governance_config().data
    assert (config.id, config.attributes.enabled) == (house.id, True)
    for told in (False, True):
        body = document("governance_notification_settings", assignment_notifications_enabled=told)
        admin.governance.update_governance_notification_settings(body)
        shown = admin.governance.get_governance_notification_settings().data
        assert (shown.id, shown.attributes.assignment_notifications_enabled) == (house.id, told)


def test_controls_say_what_they_look_for_and_how_they_are_set(admin):
    controls = {row.id: row.attributes for row in admin.governance.list_governance_controls().data}
    keys = controls["unused_api_keys"]

    assert len(controls) == 13
    assert (keys.priority, keys.resource_type, keys.mitigation_type) == ("High", "api_key", "")
    assert keys.mitigations[0].id == "revoke_api_key"
    assert {one.name: one.default_value for one in keys.supported_detection_parameters} == {
        "api_key_threshold": 90,
        "key_name_exclusion_patterns": [],
        "governance_remediation_delay": 7,
    }


def test_a_control_is_set(admin):
    try:
        shown = set_control(admin, mitigation_type="delete_role", detection_parameters={})
        assert shown.mitigation_type == "delete_role"
    finally:
        assert set_control(admin, mitigation_type="").mitigation_type == ""
    with refused(400, "governance_remediation_delay: Choose a whole number from 1 to 7."):
        set_control(admin, detection_parameters={"governance_remediation_delay": 8})
    with refused(404, "Control not found"):
        admin.governance.get_governance_control("wizards")


def test_who_hears_of_new_detections_is_set(admin):
    targets = [{"type": "email", "handle": "ada@clients.example"}]
    for given in (targets, []):
        event = {"event_type": "new_detection", "enabled": True, "targets": given}
        body = document("control_notification_settings", event_settings=[event])
        admin.governance.update_governance_control_notification_settings(CONTROL, body)
        shown = admin.governance.get_governance_control_notification_settings(CONTROL).data.attributes
        assert [one.handle for one in shown.event_settings[0].targets] == [one["handle"] for one in given]


def test_a_detection_is_excepted_assigned_and_taken_up_again(admin, detection, ada):
    assert detection.attributes.control_id == detection.attributes.detection_type == CONTROL
    shown = changed(admin, detection, state="exception", assigned_to=ada, assigned_team="platform")
    assert (str(shown.state), shown.assigned_to, shown.assigned_team) == ("exception", ada, "platform")
    assert str(shown.assignment_source) == "manual"

    shown = changed(admin, detection, state="active", assigned_to="", assigned_team="")
    assert (str(shown.state), hasattr(shown, "assigned_to"), str(shown.assignment_source)) == (
        "active",
        False,
        "cleared",
    )
    assert admin.governance.get_governance_detection(detection.id).data.id == detection.id


def test_what_is_done_by_itself_is_put_off(admin, detection):
    until = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
    with refused(400, "Nothing is done by itself about this, so there is nothing to delay."):
        changed(admin, detection, mitigate_after=until.isoformat())
    set_control(admin, mitigation_type="delete_role", detection_parameters={"governance_remediation_delay": 1})
    try:
        assert changed(admin, detection, mitigate_after=until.isoformat()).mitigate_after == until
    finally:
        set_control(admin, mitigation_type="")


def test_a_detection_is_mitigated(admin, detection):
    def mitigate(*ids, control=CONTROL):
        body = document("governance_control_detection", detection_ids=list(ids), detection_type=control)
        admin.governance.mitigate_governance_detections(body)

    mitigate(detection.id)

    assert admin.status == 202
    shown = admin.governance.get_governance_detection(detection.id).data.attributes
    assert (str(shown.state), shown.mitigated_at is not None) == ("mitigated", True)
    with refused(400, "It has ended. If it is so again, a scan finds it anew."):
        mitigate(detection.id)
    with refused(404, "Detection not found"):
        mitigate(str(uuid.uuid4()))


def test_detections_are_sorted_filtered_and_paged(admin, detection):
    def listed(**asked):
        return [row.id for row in admin.governance.list_governance_control_detections(CONTROL, **asked).data]

    everything = listed(page_size=100)
    assert detection.id in everything
    assert detection.id in listed(filter_state="active", page_size=100)
    assert detection.id not in listed(filter_state="mitigated", page_size=100)
    assert listed(sort="-created_at,id", page_size=1) == [detection.id]
    assert listed(page_number=100, page_size=100) == []
    with pytest.raises(Exception, match="there is no attribute"):
        listed(sort="colour")


def test_insights_are_listed_by_product(admin):
    everything = {row.id for row in admin.governance.list_governance_insights().data}
    keys = admin.governance.list_governance_insights(filter_product=["api keys", "users"]).data

    assert {row.attributes.product for row in keys} == {"API Keys", "Users"}
    assert {row.id for row in keys} < everything
    assert keys[0].attributes.audit_query.source == "audit"


def test_who_only_reads_is_told_which_permission_is_missing(reader):
    with refused(403, "Forbidden", "The owner of this credential lacks the permission governance_console_read."):
        reader.governance.list_governance_controls()
