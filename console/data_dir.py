"""The data folder: secrets made on first use, readable by their owner alone."""

import base64
import contextlib
import json
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

SECRET_BYTES = 32


def prepare(folder: Path) -> Path:
    """Make sure the folder exists and is closed to others."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret(file: Path) -> str:
    """The text of a secret file; a new random one is written if there is none."""
    return _read_or_create(file, secrets.token_urlsafe(SECRET_BYTES + 16)).strip()


def pepper_ring(file: Path) -> dict[int, bytes]:
    """The peppers by version, as {"1": base64 of at least 32 bytes}; the highest version is current."""
    fresh = json.dumps({"1": base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}) + "\n"
    try:
        stored = json.loads(_read_or_create(file, fresh))
        ring = {int(version): base64.b64decode(value, validate=True) for version, value in stored.items()}
    except (ValueError, AttributeError, TypeError):
        raise ImproperlyConfigured(f'PEPPERS_FILE: {file.name} must be JSON like {{"1": "base64"}}.') from None
    if not ring or min(ring) < 1 or max(ring) > 32767 or min(map(len, ring.values())) < SECRET_BYTES:
        raise ImproperlyConfigured(f"PEPPERS_FILE: {file.name} needs versions 1-32767 of 32 bytes or more.")
    return ring


def _read_or_create(file: Path, content: str) -> str:
    """Create the file whole and owner-only (a reader never sees half of it), or read what is there."""
    if not file.exists():
        prepare(file.parent)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(content)
        with contextlib.suppress(FileExistsError):  # another process was first: its file counts
            os.link(draft, file)
        draft.unlink()
    if file.stat().st_mode & 0o007:
        raise ImproperlyConfigured(f"{file.name}: the file is readable by everyone; chmod 600 it.")
    return file.read_text()
