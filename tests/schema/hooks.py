"""What schemathesis loads: how its requests are authenticated.

What is asked at random also revokes keys, those it is asked with among them: then an admin of the organisation gets
fresh ones, by the verbs, from the same database.
"""

import os
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import django
import schemathesis

django.setup()

from accounts.actors import ActorType  # noqa: E402 - the models need Django
from accounts.builtin_roles import ADMIN  # noqa: E402
from accounts.models import Member  # noqa: E402
from keys import lifecycle, limits  # noqa: E402
from keys.bootstrap import as_member, system  # noqa: E402
from keys.kinds import API_KEY, APPLICATION_KEY  # noqa: E402

ORGANIZATION = uuid.UUID(os.environ["FUZZED_ORGANIZATION"])
REVOKED = "This credential was revoked."
keys: dict[str, str] = {}
lock = threading.Lock()


def fresh() -> dict[str, str]:
    """New keys of an active admin, with room for what is made at random."""
    now = datetime.now(UTC)
    admin = Member.objects.of(ORGANIZATION).users().active().with_role(ADMIN.id).first()
    support = replace(system(now), organization_id=ORGANIZATION, type=ActorType.SUPPORT_USER)
    limits.set_limit(API_KEY, maximum=limits.LARGEST, reason="room", by=support)
    by, name = as_member(admin, now=now), f"asks {uuid.uuid4()}"
    return {
        "DD-API-KEY": lifecycle.issue(API_KEY, name=name, by=by).secret.text,
        "DD-APPLICATION-KEY": lifecycle.issue(APPLICATION_KEY, name=name, owner=admin, by=by).secret.text,
    }


@schemathesis.auth(refresh_interval=None)
class Keys:
    """The pair of keys every request carries."""

    def get(self, case, context):
        with lock:
            if not keys:
                keys.update(fresh())
            return dict(keys)

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), **data}


@schemathesis.hook
def after_call(context, case, response):
    """Forget keys that no longer open anything."""
    if response.status_code == 403 and REVOKED in response.text:
        with lock:
            keys.clear()
