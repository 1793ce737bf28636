"""The pages of key hygiene: what is shown to whom, and what people do there."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keys.hygiene import configuring
from keys.hygiene.controls import BY_SLUG, CONTROLS
from keys.kinds import API_KEY
from keys.models import NOBODY, ControlSetting, Credential, Detection
from tests.keys.estate import troubled

pytestmark = pytest.mark.django_db

SLUG = "unused_api_keys"


@pytest.fixture
def found(estate, acme, now):
    """Two unused API keys that are found, beside one that is used."""
    for name in ("first", "second"):
        estate.key(API_KEY, name, created=91, used=None)
    estate.key(API_KEY, "busy")
    estate.scan()
    return {row.label: row for row in Detection.objects.of_control(SLUG)}


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def control_page(**query):
    return reverse("hygiene-control", args=[SLUG]) + "".join(f"?{name}={value}" for name, value in query.items())


def post(client, name, detection, **data):
    return client.post(reverse(name, args=[detection.pk]), data)


def test_the_overview_shows_every_control_and_the_score(found, alice, client_of):
    shown = text(client_of(alice).get(reverse("hygiene")))

    assert all(str(control.name) in shown for control in CONTROLS)
    assert "of 100" in shown


def test_before_the_first_scan_it_says_what_will_be_there(alice, client_of):
    assert "Nothing was scanned yet" in text(client_of(alice).get(reverse("hygiene")))


def test_2000_keys_cost_as_many_queries_as_20(estate, alice, client_of):
    client, urls = client_of(alice), (reverse("hygiene"), control_page(), reverse("hygiene-mitigate", args=[SLUG]))

    def queries():
        estate.scan()
        counts = []
        for url in urls:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(url).status_code == 200
            counts.append(len(seen))
        return counts

    troubled(estate)
    estate.fill(20)
    queries()
    few = queries()
    for number in range(60):
        estate.key(API_KEY, f"unused {number}", created=91, used=None)
    estate.fill(2000)

    assert queries() == few


def test_a_scan_is_made_at_once(estate, alice, client_of):
    estate.key(API_KEY, "old", created=91, used=None)
    estate.save()

    answer = client_of(alice).post(reverse("hygiene-scan"))

    assert (answer.status_code, Detection.objects.of_control(SLUG).count()) == (303, 1)


def test_an_auditor_reads_everything_and_changes_nothing(found, vera, client_of):
    client, detection = client_of(vera), found["first"]
    for url in (reverse("hygiene"), control_page(), reverse("detection-detail", args=[detection.pk])):
        shown = client.get(url)
        assert "You can view, not change" in text(shown)
        assert 'method="post" action="/hygiene' not in shown.content.decode()


def test_the_list_is_of_one_state_and_narrowed_by_words(found, alice, client_of):
    client = client_of(alice)

    assert {"first", "second"} <= set(text(client.get(control_page())).split())
    assert "second" not in text(client.get(control_page(q="first"))).split()
    assert "Nothing in this state" in text(client.get(control_page(state="mitigated")))
    assert {"first", "second"} <= set(text(client.get(control_page(state="nonsense"))).split())


def test_settings_are_saved_and_hold_at_once(found, alice, client_of):
    url = reverse("hygiene-settings", args=[SLUG])
    given = {
        "is_on": "on",
        "api_key_threshold": "60",
        "governance_remediation_delay": "3",
        "key_name_exclusion_patterns": "first\n  legacy-*  \n",
        "mitigation": "automatic",
    }

    answer = client_of(alice).post(url, given)

    row = ControlSetting.objects.get()
    assert (answer.status_code, row.is_automatic) == (303, True)
    assert row.parameters == {
        "api_key_threshold": 60,
        "governance_remediation_delay": 3,
        "key_name_exclusion_patterns": ["first", "legacy-*"],
    }
    assert Detection.objects.get(pk=found["first"].pk).ending == "obsolete"


@pytest.mark.parametrize("days", ["0", "731", "many", ""])
def test_a_setting_that_makes_no_sense_is_said_at_its_field(days, alice, client_of):
    answer = client_of(alice).post(
        reverse("hygiene-settings", args=[SLUG]),
        {"api_key_threshold": days, "governance_remediation_delay": "7", "mitigation": "manual"},
    )

    assert answer.status_code == 422
    assert 'id="id_api_key_threshold_error"' in answer.content.decode()
    assert "Choose a whole number from 1 to 730." in text(answer)


def test_an_exception_takes_a_reason(found, alice, client_of):
    client, detection = client_of(alice), found["first"]

    assert post(client, "detection-except", detection, reason=" ").status_code == 422
    assert post(client, "detection-except", detection, reason="Yearly job", until="2020-01-01T00:00").status_code == 422
    assert post(client, "detection-except", detection, reason="Yearly job").status_code == 303
    assert "Yearly job" in text(client.get(control_page(state="exception")))


def test_an_exception_is_taken_up_again(found, alice, client_of):
    client, detection = client_of(alice), found["first"]
    post(client, "detection-except", detection, reason="Yearly job")

    assert post(client, "detection-reactivate", detection).status_code == 303
    assert Detection.objects.active(detection.created_at).filter(pk=detection.pk).exists()


def test_somebody_is_assigned(found, alice, camille, client_of):
    answer = post(
        client_of(alice), "detection-assign", found["first"], assigned_to=camille.pk, assigned_team="payments"
    )

    detection = Detection.objects.get(pk=found["first"].pk)
    assert (answer.status_code, detection.assignee, detection.team) == (303, camille, "payments")


def test_nobody_else_can_be_assigned(found, alice, charlie, client_of):
    assert post(client_of(alice), "detection-assign", found["first"], assigned_to=charlie.pk).status_code == 422


def test_a_delay_is_refused_where_nothing_is_done_by_itself(found, alice, client_of, actor_of):
    client = client_of(alice)
    assert post(client, "detection-delay", found["first"], days="3").status_code == 422

    configuring.configure(BY_SLUG[SLUG], is_automatic=True, by=actor_of(alice))

    assert post(client, "detection-delay", found["first"], days="3").status_code == 303
    left = Detection.objects.get(pk=found["first"].pk).mitigate_after - found["first"].created_at
    assert timedelta(days=9.9) < left < timedelta(days=10.1)


def test_one_is_mitigated_from_its_page(found, alice, client_of):
    client = client_of(alice)

    assert post(client, "detection-mitigate", found["first"]).status_code == 303
    assert Credential.objects.get(name="first").revoked_at
    assert "Mitigated" in text(client.get(reverse("detection-detail", args=[found["first"].pk])))
    assert post(client, "detection-mitigate", found["first"]).status_code == 422


def test_several_are_mitigated_once_the_word_is_typed_and_each_says_what_came_of_it(found, alice, client_of):
    client, url = client_of(alice), reverse("hygiene-mitigate", args=[SLUG])
    ids = [str(row.pk) for row in found.values()]
    Credential.objects.filter(name="busy").update(revoked_at=found["first"].created_at)

    assert {"first", "second"} <= set(text(client.get(url, {"id": ids})).split())
    assert client.post(url, {"id": ids, "word": "yes"}).status_code == 422
    done = text(client.post(url, {"id": ids, "word": " Revoke "}))

    assert "1 finding is mitigated. 1 was left." in done
    assert "This is the last API key" in done
    assert Credential.objects.filter(revoked_at__isnull=True).count() == 1


def test_only_what_is_chosen_is_mitigated(found, alice, client_of):
    url = reverse("hygiene-mitigate", args=[SLUG])
    client_of(alice).post(url, {"id": [str(found["first"].pk), "nonsense"], "word": "revoke"})

    assert not Credential.objects.get(name="second").revoked_at


@pytest.mark.parametrize(("ids", "status"), [([], 422), (["nonsense"], 200), ([NOBODY], 200)])
def test_where_nothing_is_chosen_nothing_is_mitigated(ids, status, found, alice, client_of):
    answer = client_of(alice).post(reverse("hygiene-mitigate", args=[SLUG]), {"id": ids, "word": "revoke"})

    assert answer.status_code == status
    assert ("What was chosen has ended already." in text(answer)) is (status == 200)
    assert not Credential.objects.filter(revoked_at__isnull=False).exists()


def test_a_control_that_is_none_is_not_there(alice, client_of):
    assert client_of(alice).get("/hygiene/wizards/").status_code == 404
