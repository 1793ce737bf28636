"""Segments that were counted whole: packed, by day, kept until retention."""

import gzip
import os
import shutil
from pathlib import Path

from keys.usage import spool

PACKED = ".gz"


def keep(folder: Path, file: Path) -> None:
    """Move a segment from the spool to the archive. Killed half-way and done again it is in the archive once.

    The packed file gets its name when it is whole and on the disk, and only then the segment goes.
    """
    target = place(folder, file.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    with file.open("rb") as source, draft.open("wb") as packed:
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as squeezed:
            shutil.copyfileobj(source, squeezed, 1024 * 1024)
        packed.flush()
        os.fsync(packed.fileno())
    draft.rename(target)
    spool.sync_folder(target.parent)
    file.unlink()


def place(folder: Path, name: str) -> Path:
    """Where the segment of this name is kept."""
    return folder / "archive" / name[:8] / f"{name}{PACKED}"


def names(folder: Path) -> set[str]:
    """The segments that are kept."""
    return {file.name.removesuffix(PACKED) for file in (folder / "archive").glob(f"[0-9]*/[0-9]*{PACKED}")}


def content(folder: Path, name: str) -> bytes:
    """A segment's bytes, whether it still is in the spool or was moved just now. FileNotFoundError if it is gone."""
    try:
        return (folder / "spool" / name).read_bytes()
    except FileNotFoundError:
        return gzip.decompress(place(folder, name).read_bytes())
