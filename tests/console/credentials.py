"""What the pages of credentials show, for the tests that look at them."""

import re

from keys.models import Credential


def place(credential, verb=""):
    return f"/apis/{credential.kind.slug}/{credential.pk}/{verb}"


def text(answer):
    return answer.content.decode()


def words_of(answer):
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text(answer)))


def row_of(page, credential):
    return page.partition(f'id="row-{credential.pk}"')[2].partition("</tr>")[0]


def mark_used(credential, at, client="Agent 7.66", network="203.0.113.0/24"):
    Credential.objects.filter(pk=credential.pk).update(
        last_used_at=at, last_used_client=client, last_used_network=network
    )
