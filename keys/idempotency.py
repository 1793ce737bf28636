"""Sending the same form twice creates one credential, and shows its secret again to nobody but the sender.

A form carries a random nonce. What is stored is a digest of the nonce, a digest of what was sent, and the secret
encrypted under a key that only the nonce and the server's own key make together: the database and the server's key are
not enough to read it.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext_lazy as _

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
        before, now = earlier.credential.expires_at, self.expires_at
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


def replayed(sending: Sending) -> tuple[Credential, Secret] | None:
    """What this form created before, if it was sent before. Called under the organisation's lock.

    Raises NotAllowed if it was sent with other content, or so long ago that the secret is shown no more.
    """
    _forget(sending)
    found = Submission.objects.select_related("credential").filter(
        organization_id=sending.by.organization, digest=sending.digest
    )
    earlier = found.first()
    if earlier is None:
        return None
    if not sending.says_the_same_as(earlier):
        raise NotAllowed("", _("This form was sent before with other values. Open a fresh one."))
    if earlier.sealed is None or earlier.credential.revoked_at:
        raise NotAllowed(
            "", _("This form already created %(name)s. Its secret was shown once.") % {"name": earlier.credential.name}
        )
    return earlier.credential, _unseal(bytes(earlier.sealed), sending, earlier.credential)


def remember(sending: Sending, *, organization: Organization, credential: Credential, secret: Secret) -> None:
    """Keep the answer to this form, sealed, in the transaction that creates the credential."""
    iv = os.urandom(_NONCE_BYTES)
    sealed = iv + AESGCM(sending.key).encrypt(iv, secret.text.encode(), _bound_to(credential))
    Submission.objects.create(
        organization=organization,
        digest=sending.digest,
        request_hash=sending.request_hash,
        credential=credential,
        sealed=sealed,
        created_at=sending.by.now,
    )


def _unseal(sealed: bytes, sending: Sending, credential: Credential) -> Secret:
    iv, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    return Secret(AESGCM(sending.key).decrypt(iv, rest, _bound_to(credential)).decode())


def _bound_to(credential: Credential) -> bytes:
    return f"submission|{credential.organization_id}|{credential.id}".encode()


def _forget(sending: Sending) -> None:
    """Drop sealed answers after ten minutes and the memory of a form after a day."""
    mine = Submission.objects.filter(organization_id=sending.by.organization)
    mine.filter(created_at__lt=sending.by.now - SHOWN_AGAIN_FOR, sealed__isnull=False).update(sealed=None)
    mine.filter(created_at__lt=sending.by.now - REMEMBERED_FOR).delete()
