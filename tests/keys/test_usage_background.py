"""What a server runs beside its requests: the spool reaches the disk, and the counts, by itself."""

import fcntl
import os
import time

import pytest

from keys.usage import spool
from keys.usage.background import Background
from keys.usage.drain import Drainer
from tests.keys.spooling import in_ms, seen


@pytest.fixture
def drained(monkeypatch):
    """When the drainer ran; it needs no database here."""
    turns = []
    monkeypatch.setattr(Drainer, "drain_once", lambda self, now: turns.append(self.folder) or 0)
    monkeypatch.setattr(Drainer, "keep_house", lambda self, now: None)
    return turns


@pytest.fixture
def synced(monkeypatch):
    """The descriptors that were brought to the disk."""
    real, calls = os.fdatasync, []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: calls.append(descriptor) or real(descriptor))
    return calls


def until(true):
    end = time.monotonic() + 5
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def test_what_is_written_reaches_the_disk_and_the_drainer(tmp_path, settings, drained, synced, now):
    settings.USAGE_DIR = tmp_path
    background = Background()
    background.start()
    spool.current().write([seen().line], at_ms=in_ms(now))

    assert until(lambda: synced and drained)
    background.stop()
    assert set(drained) == {tmp_path}


def test_stopping_leaves_no_segment_locked_and_no_thread(tmp_path, settings, drained, synced, now):
    settings.USAGE_DIR = tmp_path
    background = Background()
    background.start()
    spool.current().write([seen().line], at_ms=in_ms(now))
    background.stop()

    assert synced
    assert not any(thread.is_alive() for thread in background._threads)
    with spool.segments(tmp_path)[0].open() as segment:
        fcntl.flock(segment, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_nothing_written_is_nothing_synced(tmp_path, settings, synced):
    settings.USAGE_DIR = tmp_path
    spool.current().sync()

    assert not synced
