"""Where an organisation's data goes on to."""

import pytest

from accounts.actors import NotPermitted
from accounts.refusals import NotAllowed
from audit.models import AuditEvent
from keys import standings, upstreams
from keys.kinds import API_KEY
from keys.models import Revision

ADDRESS = "https://intake.acme.example/in"


def test_an_address_is_kept_recorded_and_part_of_every_standing(alice, issue, actor_of):
    key = issue(API_KEY, alice)
    Revision.objects.all().delete()
    upstreams.set_address(f" {ADDRESS}/ ", by=actor_of(alice))

    standing = standings.find([key.secret.text])[key.secret.text]
    event = AuditEvent.objects.latest("pk")
    assert (upstreams.address_of(alice.organization_id), standing.upstream) == (ADDRESS, ADDRESS)
    assert (event.event, event.changes) == ("upstream.changed", {"address": ["", ADDRESS]})
    assert Revision.objects.filter(subject=alice.organization_id).exists()


def test_without_one_what_is_sent_is_discarded(alice, actor_of):
    upstreams.set_address(ADDRESS, by=actor_of(alice))
    upstreams.set_address("  ", by=actor_of(alice))
    upstreams.set_address("", by=actor_of(alice))

    assert upstreams.address_of(alice.organization_id) == ""
    assert AuditEvent.objects.filter(event="upstream.changed").count() == 2


@pytest.mark.parametrize("address", ["http://a.example", "https://10.0.0.1", "https://a.example/?x=1", "a.example"])
def test_what_cannot_be_reached_is_refused(address, alice, actor_of):
    with pytest.raises(NotAllowed) as refusal:
        upstreams.set_address(address, by=actor_of(alice))

    assert refusal.value.field == "address"


def test_only_who_manages_the_organization_changes_it(camille, actor_of):
    with pytest.raises(NotPermitted):
        upstreams.set_address(ADDRESS, by=actor_of(camille))
