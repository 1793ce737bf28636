"""Processes for the tests to kill. `write FOLDER WRITER` spools records of credentials nobody else has and says on its
output which are stored; `drain FOLDER` drains until it is killed; `report FOLDER` drains the rest and prints how often
each credential was counted."""

import itertools
import json
import os
import sys
import threading
import time
import uuid
from pathlib import Path

import django

from keys.usage.spool import Spool


def write(folder: Path, writer: int) -> None:
    spool = Spool(folder)
    for number in itertools.count(1, 3):
        ids = [uuid.UUID(int=(writer << 64) + number + place).hex for place in range(3)]
        lines = [f"{ids[0]}\t{one}\tvalid\tcurl\t192.0.2.0/24\t/x".encode() for one in ids]
        spool.write(lines, at_ms=time.time_ns() // 1_000_000)
        os.write(1, f"{' '.join(ids)}\n".encode())
        time.sleep(0.003)


def drain(folder: Path) -> None:
    from keys.usage.drain import Drainer  # noqa: PLC0415 - needs Django's models, which writers do not wait for

    Drainer(folder).run(threading.Event())


def report(folder: Path) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from keys.models import UsageDay  # noqa: PLC0415
    from keys.usage.drain import Drainer  # noqa: PLC0415

    Drainer(folder).drain_once(timezone.now())
    print(json.dumps([[row.credential_id.hex, row.count] for row in UsageDay.objects.all()]))


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "write":
        write(Path(where), int(rest[0]))
    django.setup()
    {"drain": drain, "report": report}[what](Path(where))
