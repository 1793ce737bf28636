"""Signatures by the Standard Webhooks specification: who has the secret can tell that a delivery is ours and fresh."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as it is shown, once: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(delivery_id: str, body: str, *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """What a delivery carries besides its body: its id, the time of the attempt, a signature by each secret."""
    timestamp = str(int(now.timestamp()))
    signed = f"{delivery_id}.{timestamp}.{body}".encode()
    return {
        "content-type": "application/json",
        "user-agent": settings.PRODUCT_NAME,
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
