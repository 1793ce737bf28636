"""Datadog's client: RUM applications from their creation to their end."""

import uuid

import pytest

from tests.clients.datadog import document, refused

pytestmark = pytest.mark.server

READ_ONLY = "The owner of this credential lacks the permission {}."


@pytest.fixture
def application(admin, name):
    made = admin.rum.create_rum_application(document("rum_application_create", name=name, type="browser")).data
    yield made
    admin.rum.delete_rum_application(made.id)


def test_one_is_created_read_and_listed(admin, application, name):
    read = admin.rum.get_rum_application(application.id).data.attributes
    listed = {row.id: row.attributes for row in admin.rum.get_rum_applications().data}

    assert (read.name, read.type, read.is_active) == (name, "browser", False)
    assert read.client_token == read.hash == application.attributes.client_token
    assert read.client_token.startswith("pub")
    assert listed[application.id].name == name
    assert not hasattr(listed[application.id], "client_token")


def test_one_is_changed(admin, application, name):
    asked = {"name": f"{name} b", "type": "ios", "rum_event_processing_state": "ERROR_FOCUSED_MODE"}
    body = document("rum_application_update", application.id, **asked)
    changed = admin.rum.update_rum_application(application.id, body).data.attributes

    assert (changed.name, changed.type) == (f"{name} b", "ios")
    assert str(changed.product_scales.rum_event_processing_scale.state) == "ERROR_FOCUSED_MODE"
    assert changed.client_token == application.attributes.client_token


def test_one_is_deleted_again_and_again(admin, application):
    for _ in range(2):
        admin.rum.delete_rum_application(application.id)
        assert admin.status == 204
    with refused(404, "Application Not Found not found"):
        admin.rum.get_rum_application(application.id)


def test_what_nobody_knows_is_not_found(admin):
    with refused(404, "Application Not Found not found"):
        admin.rum.delete_rum_application(str(uuid.uuid4()))


def test_who_only_reads_is_told_which_permission_is_missing(reader, application):
    assert reader.rum.get_rum_application(application.id).data.id == application.id
    with refused(403, "Forbidden", READ_ONLY.format("rum_apps_write")):
        reader.rum.delete_rum_application(application.id)
