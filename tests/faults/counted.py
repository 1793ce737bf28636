"""What a node counted, as a process beside it that prints JSON: its events by network and outcome, read from the
segments, and the roll-ups by network and whether they were good."""

import json
import os
from collections import Counter

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup()

from django.conf import settings  # noqa: E402 - the models need the settings
from django.db.models import Sum  # noqa: E402

from keys.models import EVERYBODY, Facet, UsageFacet  # noqa: E402
from keys.usage import archive, chunks, observations, spool  # noqa: E402

events = Counter()
for name in sorted(archive.names(settings.USAGE_DIR) | {file.name for file in spool.segments(settings.USAGE_DIR)}):
    for one in chunks.read(archive.content(settings.USAGE_DIR, name)).counted():
        _organization, _credential, outcome, _client, network, *_rest = observations.fields(one.line)
        events[network, outcome] += one.times
networks = UsageFacet.objects.filter(facet=Facet.NETWORK).exclude(credential_id=EVERYBODY).values("value")
rows = networks.annotate(goods=Sum("good"), refusals=Sum("refused"))
by_network = [[row["value"], *sums] for row in rows for sums in ((True, row["goods"]), (False, row["refusals"]))]
print(json.dumps({"events": [[*key, times] for key, times in events.items()], "networks": by_network}))
