"""Whoever looks after a credential is told what somebody else does to it, and nobody else is."""

import pytest

from keys import blocking, lifecycle, rotation
from keys.kinds import API_KEY, APPLICATION_KEY
from keys.models import Notification
from keys.ownership import Owned
from keys.rotation import Overlap
from keys.telling import News

pytestmark = pytest.mark.django_db


def told():
    """Who finds what behind the bell."""
    return sorted(Notification.objects.values_list("member__name", "news"))


def test_each_act_of_somebody_else_is_told_once(issue, alice, camille, spare, by):
    owned = Owned(member_id=camille.pk)
    one, pair = (issue(API_KEY, alice, name=name, owned=owned).credential.pk for name in ("one", "pair"))
    blocking.quarantine(one, by=by, reason="odd")
    blocking.lift(one, by=by)
    lifecycle.revoke(one, by=by)
    lifecycle.restore(one, by=by)
    for end in (rotation.cancel, rotation.finish):
        rotation.rotate(pair, overlap=Overlap.DAY, by=by)
        end(pair, by=by)

    acts = ["blocked", "restored", "revoked", "rotated", "rotated", "unblocked"]
    news = [*(f"credential.{act}" for act in acts), "rotation.canceled", "rotation.finished"]
    assert told() == [(camille.name, one) for one in news]
    row = Notification.objects.get(news="credential.revoked")
    assert News(row.news).said(row.words).startswith("Alice Admin revoked one (…")


def test_nobody_is_told_what_they_did_themselves(issue, camille, actor_of):
    lifecycle.revoke(issue(APPLICATION_KEY, camille).credential.pk, by=actor_of(camille))

    assert told() == []
