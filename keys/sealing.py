"""Keeping what must be read again, so that whoever has the database alone cannot read it."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was sealed under a pepper that is no longer in the ring, or is not what was sealed."""


def seal(text: str) -> bytes:
    """The text, encrypted under a key made of the newest pepper."""
    return _ring().encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """The text again. Raises Unreadable."""
    try:
        return _ring().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Unreadable from None


def _ring() -> MultiFernet:
    versions = sorted(settings.PEPPERS, reverse=True)
    return MultiFernet([Fernet(_key(settings.PEPPERS[version])) for version in versions])


def _key(pepper: bytes) -> bytes:
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=b"keys.sealing").derive(pepper))
