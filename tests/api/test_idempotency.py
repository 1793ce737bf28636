"""The same POST sent twice with one Idempotency-Key happens once, and the second answer is the first one again."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from keys.models import Credential, Submission

pytestmark = pytest.mark.django_db

KEYS = "/api/v2/api_keys"
BODY = {"data": {"type": "api_keys", "attributes": {"name": "web"}}}
SENT = {"Idempotency-Key": "5f3a"}


@pytest.fixture
def admin(alice, pair):
    return pair(alice)


def test_the_second_answer_is_the_first_one_with_its_secret(admin):
    first, second = admin.post(KEYS, BODY, **SENT), admin.post(KEYS, BODY, **SENT)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Credential.objects.filter(name="web").count() == 1
    assert AuditEvent.objects.filter(target_label="web").count() == 1


def test_another_body_under_the_same_key_is_422_and_does_nothing(admin):
    admin.post(KEYS, BODY, **SENT)

    answer = admin.post(KEYS, {"data": {"type": "api_keys", "attributes": {"name": "other"}}}, **SENT)

    assert (answer.status_code, answer.json()["errors"][0][:20]) == (422, "This Idempotency-Key")
    assert not Credential.objects.filter(name="other").exists()


def test_another_address_under_the_same_key_is_422(admin):
    admin.post(KEYS, BODY, **SENT)

    assert admin.post("/api/v1/api_key", {"name": "web"}, **SENT).status_code == 422


def test_another_caller_under_the_same_key_is_another_request(admin, camille, pair, charlie):
    admin.post(KEYS, BODY, **SENT)

    answer = pair(charlie).post(KEYS, BODY, **SENT)

    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (201, False)


def test_another_credential_of_the_same_owner_is_not_told_the_secret(admin, alice, token):
    path, body = "/api/v2/current_user/application_keys", {"data": {"type": "application_keys"}}
    body["data"]["attributes"] = {"name": "ci", "scopes": ["user_app_keys"]}
    admin.post(path, body, **SENT)

    answer = token(alice, "user_app_keys").post(path, body, **SENT)

    assert (answer.status_code, answer.json()["errors"][0]) == (403, "Forbidden")


def test_what_was_refused_is_tried_again(admin):
    bad = {"data": {"type": "api_keys", "attributes": {"name": "   "}}}

    assert [admin.post(KEYS, bad, **SENT).status_code for _ in range(2)] == [400, 400]
    assert not Submission.objects.exists()
    assert admin.post(KEYS, BODY, **SENT).status_code == 201


def test_the_kept_answer_holds_no_text_of_the_secret(admin):
    text = admin.post(KEYS, BODY, **SENT).json()["data"]["attributes"]["key"]

    kept = bytes(Submission.objects.get().sealed)

    assert text.encode() not in kept
    assert b"5f3a" not in bytes(Submission.objects.get().digest)


def test_after_a_day_the_key_is_forgotten(admin, now):
    admin.post(KEYS, BODY, **SENT)
    Submission.objects.update(created_at=now - timedelta(hours=25))

    answer = admin.post(KEYS, {"data": {"type": "api_keys", "attributes": {"name": "other"}}}, **SENT)

    assert answer.status_code == 201


def test_every_post_takes_one(admin, robot):
    path = f"/api/v2/service_accounts/{robot.pk}/application_keys"
    body = {"data": {"type": "application_keys", "attributes": {"name": "ci"}}}

    answers = {admin.post(path, body, **SENT).content for _ in range(3)}

    assert len(answers) == 1
    assert Credential.objects.filter(owner=robot).count() == 1
