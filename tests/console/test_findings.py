"""From a key to what was found of it, and from there to what is done about it."""

import re

import pytest
from django.urls import reverse

from keys import rotation
from keys.hygiene.controls import BY_SLUG
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.models import Credential, Detection, Ownership
from keys.rotation import Overlap
from tests.console.credentials import place
from tests.keys.estate import SCOPE, days, troubled

pytestmark = pytest.mark.django_db


def found_of(name, control):
    return Detection.objects.get(label=name, control=control)


def page_of(name):
    row = Credential.objects.get(name=name)
    return reverse("credential-detail", args=[row.kind, row.pk])


@pytest.fixture
def trouble(estate):
    troubled(estate)
    estate.scan()


@pytest.mark.parametrize(
    ("name", "controls"),
    [
        ("api never used", ["unused_api_keys", "overdue_rotation"]),
        ("app unscoped", ["unscoped_application_keys"]),
        ("client token of nobody", ["unknown_owners"]),
        ("pat too wide", ["unused_scopes"]),
        ("sat endless and old", ["never_expiring_tokens", "overdue_rotation"]),
    ],
)
def test_the_page_of_a_key_leads_to_what_was_found_of_it(name, controls, trouble, vera, client_of):
    shown = client_of(vera).get(page_of(name)).content.decode()

    links = re.findall(r'href="(/hygiene/detections/[^"]+)"', shown)
    assert links == [reverse("detection-detail", args=[found_of(name, control).pk]) for control in controls]
    assert all(f">{BY_SLUG[control].name}</a> ·" in shown for control in controls)


def test_it_says_nothing_where_nothing_waits_nor_to_those_who_may_not_read_it(trouble, alice, camille, client_of):
    client, finding = client_of(alice), found_of("app unscoped", "unscoped_application_keys")
    client.post(reverse("detection-except", args=[finding.pk]), {"reason": "Its vendor asks for it."})

    assert "/hygiene/detections/" not in client.get(page_of("app unscoped")).content.decode()
    assert "/hygiene/detections/" in client.get(page_of("api of nobody")).content.decode()
    unread = client_of(camille).get(page_of("api of nobody"))
    assert (unread.status_code, "/hygiene/detections/" in unread.content.decode()) == (200, False)


def test_many_findings_cost_the_page_of_a_key_one_query(trouble, alice, client_of, django_assert_num_queries):
    client, one, two = client_of(alice), page_of("api of nobody"), page_of("api never used")
    client.get(one)
    with django_assert_num_queries(1_000, exact=False) as few:
        client.get(one)

    with django_assert_num_queries(len(few)):
        client.get(two)


def test_what_is_overdue_leads_to_its_rotation_which_ends_the_finding(trouble, alice, client_of):
    client, finding = client_of(alice), found_of("app old", "overdue_rotation")
    rotate = reverse("credential-rotate", args=[APPLICATION_KEY, finding.resource_id])

    assert f'href="{rotate}"' in client.get(reverse("detection-detail", args=[finding.pk])).content.decode()
    client.post(rotate, {"overlap": "24h", "nonce": "once"})

    assert found_of("app old", "overdue_rotation").ending == "resolved_externally"
    old = reverse("credential-detail", args=[APPLICATION_KEY, finding.resource_id])
    assert "/hygiene/detections/" not in client.get(old).content.decode()


def test_what_only_its_owner_can_rotate_says_so(estate, alice, bob, client_of):
    row = estate.key(APPLICATION_KEY, "bobs", owner=bob, created=91)
    estate.scan()
    client = client_of(alice)

    shown = client.get(reverse("detection-detail", args=[found_of("bobs", "overdue_rotation").pk])).content.decode()
    listed = client.get(reverse("hygiene-control", args=["overdue_rotation"])).content.decode()

    assert "Only its owner can rotate it" in shown
    assert f"/{row.pk}/rotate/" not in shown
    assert 'name="pk"' not in listed


def test_what_was_rotated_and_waits_too_long_leads_to_its_pair(alice, estate, admin, by, issue, later):
    old = issue(API_KEY, alice, name="old", actor=later(by, -days(100))).credential
    rotation.rotate(old.pk, overlap=Overlap.FIRST_USE, by=later(by, -days(8)))
    estate.scan()

    shown = admin.get(reverse("detection-detail", args=[found_of("old", "overdue_rotation").pk])).content.decode()

    assert "It has a successor that nothing uses yet" in shown
    assert f'href="{place(old)}">Being rotated</a>' in shown
    assert f"/{old.pk}/rotate/" not in shown
    assert 'name="pk"' not in admin.get(reverse("hygiene-control", args=["overdue_rotation"])).content.decode()
    assert ">Overdue rotation</a>" in admin.get(place(old)).content.decode()


def test_several_that_are_overdue_are_rotated_kind_by_kind(trouble, alice, client_of):
    client, finding = client_of(alice), found_of("app old", "overdue_rotation")

    shown = client.get(reverse("hygiene-control", args=["overdue_rotation"])).content.decode()

    assert f'name="pk" value="{finding.resource_id}"' in shown
    offered = re.findall(r'formaction="([^"]+)">([^<]+)<', shown)
    assert ("/apis/application-keys/bulk/rotate/", "Rotate the chosen: Application keys") in offered
    assert len(offered) == 3


def test_an_owner_is_named_on_the_page_of_the_finding_or_for_several(trouble, alice, camille, client_of):
    client, url = client_of(alice), reverse("hygiene-mitigate", args=["unknown_owners"])
    ids = [
        found_of(name, "unknown_owners").pk
        for name in ("api of nobody", "client token of nobody", "api of somebody gone")
    ]

    shown = client.get(reverse("detection-detail", args=[ids[0]])).content.decode()
    assert f'action="{url}"' in shown
    assert f'<option value="{camille.pk}">' in shown
    assert "Nobody is named" in shown
    nobody = client.post(url, {"id": ids, "team": " "})
    one = client.post(url, {"id": ids[:1], "team": "payments"})
    others = client.post(url, {"id": ids, "owner": camille.pk})

    assert (nobody.status_code, "Name an owner: a member" in nobody.content.decode()) == (422, True)
    assert "(optional)" not in nobody.content.decode()
    assert (one.status_code, one.headers["Location"]) == (303, reverse("hygiene-control", args=["unknown_owners"]))
    assert "2 findings are mitigated." in others.content.decode()
    named = Ownership.objects.filter(credential__in=Detection.objects.filter(pk__in=ids).values("resource_id"))
    assert sorted((row.team, row.member) for row in named.exclude(team="")) == [("payments", None)]
    assert named.filter(member=camille).count() == 2


def test_what_is_shared_leads_to_what_uses_it_and_to_another_one_like_it(trouble, alice, client_of):
    client, finding = client_of(alice), found_of("app of four networks", "shared_keys")

    shown = client.get(reverse("detection-detail", args=[finding.pk])).content.decode()

    assert f'href="/apis/application-keys/{finding.resource_id}/usage/"' in shown
    assert f'href="/apis/application-keys/new/?owner={alice.pk}&amp;scopes={SCOPE}"' in shown
