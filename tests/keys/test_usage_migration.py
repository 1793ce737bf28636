"""What was counted before all credentials were summed up together is summed up by the migration."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from keys.kinds import API_KEY
from keys.models import EVERYBODY, UsageFacet
from keys.verification import Outcome

migration = import_module("keys.migrations.0005_usage_of_everybody")
pytestmark = pytest.mark.django_db


def together():
    rows = UsageFacet.objects.filter(credential_id=EVERYBODY).order_by("organization_id", "facet", "value", "day")
    return list(rows.values_list("organization_id", "facet", "value", "day", "good", "refused", "last_at"))


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_past_is_summed_up_as_the_present_is(used, issue, alice, charlie):
    for member, client in ((alice, "curl"), (alice, "wget"), (charlie, "curl")):
        key = issue(API_KEY, member, name=client).credential
        for days in (0, 1):
            used(key, 3, client=client, ago=timedelta(days=days))
            used(key, 2, client=client, ago=timedelta(days=days), outcome=Outcome.EXPIRED)
    as_it_is = together()
    run(migration.FORGET)
    forgotten = together()
    run(migration.SUM_UP)

    assert (forgotten, together()) == ([], as_it_is)
    assert len(as_it_is) == 2 * (3 + 2)
