"""`python -m bench.churn FOLDER PORT FIRST COUNT SECONDS`: revokes 5 keys a second of a Keyhouse under load, by its
API, and asks about each at once. Begins at a line on its input; ends with a line of JSON."""

import http.client
import json
import sys
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

A_SECOND = 5
ASKED_AFTER = 4
"""How often each revoked key is tried, each time on another connection: each worker should have some of them."""
USES = 2
"""Of keys, by one request to the API: an API key and an application key."""


def main(folder: Path, port: int, first: int, count: int, seconds: float) -> None:
    """Revoke keys from the one numbered `first` on, spread over the `count` that are asked about."""
    opening = json.loads((folder / "opening.json").read_text())
    pairs = list(zip(_lines(folder / "ids.txt", first, count), _lines(folder / "keys.txt", first, count), strict=True))
    api, *doors = (http.client.HTTPConnection("127.0.0.1", port, timeout=10) for _ in range(1 + ASKED_AFTER))
    print("ready", flush=True)
    sys.stdin.readline()
    begun, revoked, late = time.monotonic(), 0, 0
    for row_id, text in pairs[:: max(1, round(count / seconds / A_SECOND))]:
        time.sleep(max(0.0, begun + revoked / A_SECOND - time.monotonic()))
        if time.monotonic() - begun > seconds:
            break
        status = _status(api, "DELETE", f"/api/v2/api_keys/{row_id}", opening)
        if status != 204:
            raise RuntimeError(f"Revoking was answered with {status}.")
        revoked += 1
        late += sum(_status(door, "GET", "/verify", {"DD-API-KEY": text}) == 200 for door in doors)
    print(json.dumps({"revoked": revoked, "late": late, "asked": revoked * (ASKED_AFTER + USES)}))


def _lines(file: Path, first: int, count: int) -> list[str]:
    with file.open() as lines:
        return [line.strip() for line in islice(lines, first, first + count)]


def _status(connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str]) -> int:
    connection.request(method, path, headers=dict(headers))
    with connection.getresponse() as answer:
        answer.read()
        return answer.status


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
