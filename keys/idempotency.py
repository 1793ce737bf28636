"""Sending the same twice does it once, and shows the secret again to nobody but the sender.

A form carries a random nonce, a request to the API may carry an Idempotency-Key. What is stored is a digest of either,
a digest of what was sent, and the answer encrypted under a key that only the nonce and the server's own key make
together: the database and the server's key are not enough to read it.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import organizations
from accounts.actors import Actor
from accounts.models import Organization
from accounts.refusals import NotAllowed
from keys.minting import Secret
from keys.models import Credential, Submission

SHOWN_AGAIN_FOR = timedelta(minutes=10)
REMEMBERED_FOR = timedelta(hours=24)
_NONCE_BYTES = 12


@dataclass(frozen=True)
class Sending:
    """One form as it was sent: the nonce it carried, by whom, what it said, and the end it asked for.

    The end is apart because "in 30 days" is another moment each time the form is sent.
    """

    nonce: str
    by: Actor
    content: Mapping[str, object]
    expires_at: datetime | None = None

    def says_the_same_as(self, earlier: Submission) -> bool:
        """Whether the earlier form said the same, and asked for the same end but for the time between the two."""
        before, now = earlier.credential.expires_at if earlier.credential else None, self.expires_at
        same_end = before == now if before is None or now is None else abs(now - before) <= SHOWN_AGAIN_FOR
        return same_end and bytes(earlier.request_hash) == self.request_hash

    @property
    def digest(self) -> bytes:
        """What the nonce and its sender are known by."""
        return hmac.digest(settings.SECRET_KEY.encode(), f"{self.by.id}\0{self.nonce}".encode(), hashlib.sha256)

    @property
    def request_hash(self) -> bytes:
        """What the form said, as one hash."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True, default=str).encode()).digest()

    @property
    def key(self) -> bytes:
        """The key that seals this form's answer."""
        salt = settings.SECRET_KEY.encode()
        return HKDF(SHA256(), 32, salt=salt, info=b"keys.submission").derive(self.nonce.encode())


class SaidOtherwise(NotAllowed):
    """The same Idempotency-Key came with another request before."""


@transaction.atomic
def once(sending: Sending, answer: Callable[[], bytes]) -> tuple[bytes, bool]:
    """What `answer` gives the first time, and for a day whenever the same is sent again; whether this was again.

    All that `answer` changes is in one transaction with the memory of it, under the organisation's lock: if it raises,
    nothing has happened and nothing is remembered. Raises SaidOtherwise for other content.
    """
    organization = organizations.lock(sending.by.organization)
    _forget(sending)
    bound = f"answer|{organization.id}|{sending.digest.hex()}".encode()
    earlier = _earlier(sending)
    if earlier is None:
        content = answer()
        _keep(sending, _seal(content, sending, bound), organization)
        return content, False
    if not sending.says_the_same_as(earlier) or earlier.sealed is None:
        raise SaidOtherwise("", _("This Idempotency-Key was used for another request. Send a new one."))
    return _unseal(bytes(earlier.sealed), sending, bound), True


def replayed(sending: Sending) -> tuple[Credential, Secret] | None:
    """What this form created before, if it was sent before. Called under the organisation's lock.

    Raises NotAllowed if it was sent with other content, or so long ago that the secret is shown no more.
    """
    _forget(sending)
    earlier = _earlier(sending)
    if earlier is None or earlier.credential is None:
        return None
    if not sending.says_the_same_as(earlier):
        raise NotAllowed("", _("This form was sent before with other values. Open a fresh one."))
    if earlier.sealed is None or earlier.credential.revoked_at:
        raise NotAllowed(
            "", _("This form already created %(name)s. Its secret was shown once.") % {"name": earlier.credential.name}
        )
    text = _unseal(bytes(earlier.sealed), sending, _bound_to(earlier.credential))
    return earlier.credential, Secret(text.decode())


def remember(sending: Sending, *, credential: Credential, secret: Secret) -> None:
    """Keep the answer to this form, sealed, in the transaction that creates the credential."""
    sealed = _seal(secret.text.encode(), sending, _bound_to(credential))
    _keep(sending, sealed, credential.organization, credential)


def _earlier(sending: Sending) -> Submission | None:
    found = Submission.objects.select_related("credential")
    return found.filter(organization_id=sending.by.organization, digest=sending.digest).first()


def _keep(sending: Sending, sealed: bytes, organization: Organization, credential: Credential | None = None) -> None:
    Submission.objects.create(
        organization=organization,
        digest=sending.digest,
        request_hash=sending.request_hash,
        credential=credential,
        sealed=sealed,
        created_at=sending.by.now,
    )


def _seal(answer: bytes, sending: Sending, bound: bytes) -> bytes:
    iv = os.urandom(_NONCE_BYTES)
    return iv + AESGCM(sending.key).encrypt(iv, answer, bound)


def _unseal(sealed: bytes, sending: Sending, bound: bytes) -> bytes:
    iv, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return AESGCM(sending.key).decrypt(iv, rest, bound)


def _bound_to(credential: Credential) -> bytes:
    return f"submission|{credential.organization_id}|{credential.id}".encode()


def _forget(sending: Sending) -> None:
    """Drop the sealed secrets of forms after ten minutes, and the memory of everything after a day."""
    mine = Submission.objects.filter(organization_id=sending.by.organization)
    shown = mine.filter(credential__isnull=False, sealed__isnull=False)
    shown.filter(created_at__lt=sending.by.now - SHOWN_AGAIN_FOR).update(sealed=None)
    mine.filter(created_at__lt=sending.by.now - REMEMBERED_FOR).delete()
