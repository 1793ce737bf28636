"""Sums up, for each organisation and day, which clients and networks everything came from so far."""

from django.db import migrations

SUM_UP = """
    INSERT INTO keys_usagefacet (organization_id, credential_id, day, facet, value, good, refused, last_at)
    SELECT organization_id, 'ffffffffffffffffffffffffffffffff', day, facet, value, SUM(good), SUM(refused), MAX(last_at)
    FROM keys_usagefacet WHERE facet IN ('client', 'network')
    GROUP BY organization_id, day, facet, value
"""
FORGET = "DELETE FROM keys_usagefacet WHERE credential_id = 'ffffffffffffffffffffffffffffffff'"


class Migration(migrations.Migration):
    dependencies = [("keys", "0004_usage")]

    operations = [migrations.RunSQL(SUM_UP, FORGET)]
