"""The SDKs from npm, by the lock file: installed once, into a folder that git ignores. No script of theirs is run."""

import fcntl
import hashlib
import subprocess
from pathlib import Path

from tests.run import find

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
MAJORS = (7, 6, 5, 4, 3)


def installed():
    """The folder of packages, complete; one process installs while others wait."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = MODULES / ".keyhouse"
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            command = [find("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            subprocess.run(command, cwd=HERE, check=True)
            stamp.write_text(wanted)
    return MODULES


def bundle(product, major):
    """The address of a product's script below the folder of packages."""
    return f"{product}-v{major}/bundle/datadog-{product}.js"
