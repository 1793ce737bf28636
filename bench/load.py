"""The load: wrk on 32 connections, asking 99 good questions and one bad one over and over."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.run import find

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests answered, how many of them with 4xx or 5xx, and in microseconds how long it took."""

    requests: int
    refused: int
    microseconds: int
    p50: int
    p99: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests * 1e6 / self.microseconds


def run(url: str, header: str, questions: Path, *, seconds: float, differs: bool = False) -> Load:
    """Ask for so long; the same over and over, unless each question `differs` from all before. RuntimeError if a
    connection broke or an answer did not come."""
    arguments = (str(questions), header, str(differs).lower())
    return wrk(url, SCRIPT, *arguments, connections=CONNECTIONS, seconds=seconds)


def wrk(url: str, script: Path, *arguments: str, connections: int, seconds: float) -> Load:
    """Load an address by a script that says at its end, as JSON, how it went. RuntimeError if a connection broke or an
    answer did not come."""
    command = [find("wrk") or "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
    command += ["-s", str(script), url, "--", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seen = json.loads(said.splitlines()[-1])
    if seen.pop("broken"):
        raise RuntimeError(f"{url}: connections broke under load.\n{said}")
    return Load(**seen)
