"""Runs schemathesis with all its checks against a running server."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def fuzz(server, *, examples, briefly):
    """Ask every operation; the finished process, its report as text. Briefly: without the thousands of edge cases."""
    made = server.manage("createorg", "Fuzzed", "--admin", "fuzz@example.com", "--keys")
    organization = json.loads(made.strip().splitlines()[-1])["org_id"]
    environment = server.environment | {
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "FUZZED_ORGANIZATION": organization,
        "SCHEMATHESIS_HOOKS": "tests.schema.hooks",
        "PYTHONPATH": str(ROOT),
    }
    command = [str(Path(sys.executable).parent / "st"), "--config-file", str(HERE / "schemathesis.toml"), "run"]
    command += [f"{server.url}/api/openapi.json", "--checks", "all", "--max-examples", str(examples)]
    command += ["--phases", "fuzzing,stateful" if briefly else "examples,coverage,fuzzing,stateful"]
    command += ["--workers", "2", "--no-color", "--continue-on-failure", "--generation-deterministic"]
    return subprocess.run(
        command, cwd=os.environ["TESTS_FOLDER"], env=environment, capture_output=True, text=True, check=False
    )
