"""What is written to the spool is there whole, or the writer is told."""

import errno
import fcntl
import os
import subprocess
import threading
from datetime import UTC, date, datetime

import pytest

from keys.usage import spool
from keys.usage.alarm import Alarm
from keys.usage.reserve import STEP
from keys.usage.spool import DAY_MS, Full, Spool

AT = int(datetime(2026, 3, 4, 10, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of four megabytes."""
    if os.geteuid():
        pytest.skip("only root may mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip("this machine does not let root mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def stored(folder):
    """Every line in the folder's segments, by the name of the segment."""
    return {
        file.name: [line for frame in spool.frames(file.read_bytes()) for line in frame.lines.split(b"\n")]
        for file in spool.segments(folder)
    }


def lines_in(folder):
    return [line for lines in stored(folder).values() for line in lines]


def fill(writer, line):
    """Write until the spool refuses; how often it did not."""
    taken = 0
    with pytest.raises(Full):
        while taken < 1000:
            writer.write([line], at_ms=AT)
            taken += 1
    return taken


def test_what_was_written_is_there_at_once(writer, tmp_path):
    writer.write([b"one", b"two"], at_ms=AT)
    writer.write([b"three"], at_ms=AT + 5)

    (segment,) = spool.segments(tmp_path)
    found = list(spool.frames(segment.read_bytes()))
    assert [(frame.at_ms, frame.lines) for frame in found] == [(AT, b"one\ntwo"), (AT + 5, b"three")]
    assert found[-1].end == segment.stat().st_size
    assert spool.day_of(segment.name) == date(2026, 3, 4)


def test_nothing_is_no_frame(writer, tmp_path):
    writer.write([], at_ms=AT)

    assert not spool.segments(tmp_path)


def test_only_its_owner_may_read_a_segment(writer, tmp_path):
    writer.write([b"x"], at_ms=AT)

    assert spool.segments(tmp_path)[0].stat().st_mode & 0o777 == 0o600


def test_a_segment_is_locked_as_long_as_its_writer_has_it(writer, tmp_path):
    writer.write([b"x"], at_ms=AT)
    with spool.segments(tmp_path)[0].open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        writer.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_each_day_has_a_segment_of_its_own(writer, tmp_path):
    for days in (0, 1, 1, 2):
        writer.write([b"%d" % days], at_ms=AT + days * DAY_MS)

    assert [name[:8] for name in stored(tmp_path)] == ["20260304", "20260305", "20260306"]
    assert lines_in(tmp_path) == [b"0", b"1", b"1", b"2"]


def test_a_segment_that_is_large_enough_is_followed_by_another(writer, tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "LARGEST_SEGMENT", 1000)
    for number in range(30):
        writer.write([b"%090d" % number], at_ms=AT)

    assert len(spool.segments(tmp_path)) == 4
    assert all(file.stat().st_size <= 1000 for file in spool.segments(tmp_path))
    assert lines_in(tmp_path) == [b"%090d" % number for number in range(30)]


def test_more_lines_than_a_frame_holds_are_several_frames(writer, tmp_path):
    many = [b"%0100d" % number for number in range(25_000)]
    writer.write(many, at_ms=AT)

    assert lines_in(tmp_path) == many
    assert len(list(spool.frames(spool.segments(tmp_path)[0].read_bytes()))) == 4


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_torn_frame_ends_the_reading(cut):
    data = spool.encoded([b"whole"], AT) + spool.encoded([b"torn"], AT)

    assert [frame.lines for frame in spool.frames(data[:-cut])] == [b"whole"]


@pytest.mark.parametrize("at", range(20))
def test_a_changed_byte_ends_the_reading(at):
    frame, torn = spool.encoded([b"whole"], AT), bytearray(spool.encoded([b"torn"], AT))
    torn[at] ^= 1

    assert [frame.lines for frame in spool.frames(frame + bytes(torn))] == [b"whole"]


def test_a_tail_of_zeros_is_no_frame():
    assert not list(spool.frames(b"\0" * 4096))


def test_a_short_write_is_taken_back_and_told(writer, tmp_path, monkeypatch):
    writer.write([b"before"], at_ms=AT)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    with pytest.raises(Full):
        writer.write([b"lost"], at_ms=AT)
    monkeypatch.undo()
    writer.write([b"after"], at_ms=AT)

    assert list(stored(tmp_path).values()) == [[b"before", b"after"]]


def test_a_segment_that_cannot_be_cut_is_left(writer, tmp_path, monkeypatch):
    writer.write([b"before"], at_ms=AT)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    monkeypatch.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "no")))
    with pytest.raises(Full):
        writer.write([b"lost"], at_ms=AT)
    monkeypatch.undo()
    writer.write([b"after"], at_ms=AT)

    assert list(stored(tmp_path).values()) == [[b"before"], [b"after"]]


@pytest.mark.parametrize("number", [errno.EIO, errno.EROFS, errno.ENOSPC])
def test_what_the_disk_refuses_is_told(number, writer, monkeypatch):
    monkeypatch.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(number, "no")))
    with pytest.raises(Full) as refusal:
        writer.write([b"x"], at_ms=AT)

    assert refusal.value.errno == number


def test_a_full_disk_is_told_and_what_was_taken_is_whole(small_disk):
    writer = Spool(small_disk)
    taken = fill(writer, b"x" * 99_999)
    writer.close()

    assert 30 < taken < 50
    assert lines_in(small_disk) == [b"x" * 99_999] * taken


def test_on_a_full_disk_the_reserve_is_written_on(small_disk, monkeypatch, caplog):
    monkeypatch.setattr("keys.usage.reserve.HEADROOM", 0)
    monkeypatch.setattr(spool, "_alarm", Alarm("keys.usage.spool"))
    writer = Spool(small_disk, reserve=2 * STEP)
    held = (small_disk / "reserve").stat().st_size
    (small_disk / "others").write_bytes(b"x" * (2 * STEP - 32_768))
    taken = fill(writer, b"x" * 99_999)
    writer.close()

    assert held == 2 * STEP
    assert len(lines_in(small_disk)) == taken > 15
    assert (small_disk / "reserve").stat().st_size == 0
    assert [record.message[:16] for record in caplog.records] == ["The disk is full", "The usage spool "]


def test_the_reserve_is_taken_back_when_there_is_room(tmp_path):
    writer = Spool(tmp_path, reserve=STEP)
    reserve = writer._reserve
    reserve.give_up()
    given = reserve.file.stat().st_size
    reserve.take()

    assert (given, reserve.file.stat().st_size) == (0, STEP)
    assert reserve.file.stat().st_blocks * 512 >= STEP


def test_threads_share_a_spool(writer, tmp_path):
    def write(who):
        for number in range(200):
            writer.write([b"%d-%d" % (who, number)], at_ms=AT)
            writer.sync() if number % 50 == 0 else None

    crowd = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()

    assert sorted(lines_in(tmp_path)) == sorted(b"%d-%d" % (who, n) for who in range(4) for n in range(200))


def test_the_process_has_one_spool_and_follows_the_setting(tmp_path, settings):
    settings.USAGE_DIR = tmp_path / "one"
    first = spool.current()
    assert spool.current() is first
    first.write([b"x"], at_ms=AT)

    settings.USAGE_DIR = tmp_path / "two"

    spool.current().write([b"y"], at_ms=AT)
    assert (lines_in(tmp_path / "one"), lines_in(tmp_path / "two")) == ([b"x"], [b"y"])


def test_a_forked_process_writes_to_a_segment_of_its_own(tmp_path, settings):
    settings.USAGE_DIR = tmp_path
    spool.current().write([b"parent"], at_ms=AT)
    child = os.fork()
    if not child:
        spool.current().write([b"child"], at_ms=AT)
        os._exit(0)
    os.waitpid(child, 0)
    spool.current().write([b"parent"], at_ms=AT)

    assert sorted(stored(tmp_path).values()) == [[b"child"], [b"parent", b"parent"]]


def test_a_node_keeps_its_name(tmp_path):
    names = set()
    crowd = [threading.Thread(target=lambda: names.add(spool.node(tmp_path / "new"))) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()

    assert names == {spool.node(tmp_path / "new")}
