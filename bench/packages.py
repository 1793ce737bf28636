"""Programs of Debian's that the bench runs."""

import os
import subprocess
import sys

from tests.run import find


def need(program: str, package: str) -> None:
    """Install the package where its program is missing; where that cannot be, say so and end with status 2."""
    if not find(program) and not os.geteuid() and find("apt-get"):
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # installed, and no service started
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
            subprocess.run(["apt-get", *words], env=quiet, check=False)
    if not find(program):
        print(f"Missing for the bench: {program}. Install Debian's {package} and run it again.", file=sys.stderr)
        sys.exit(2)
