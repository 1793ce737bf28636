"""`make test-typescript`: Datadog's TypeScript client, from npm, against a server of its own. Needs Node.js."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.serving import Server, node

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Install the client, start a server, run the script; its exit status."""
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("Missing for this test: Node.js with npm. Install Debian's nodejs and npm and run it again.")
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    with tempfile.TemporaryDirectory(prefix="keyhouse-typescript-") as folder:
        server = fresh(Path(folder))
        made = json.loads(server.manage("createorg", "TypeScript", "--admin", "ada@ts.example", "--keys"))
        server.start()
        keys = {"API_KEY": made["api_key"], "APPLICATION_KEY": made["application_key"]}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DD_")}
        try:
            done = subprocess.run(
                ["node", "run.mjs"], cwd=HERE, env=environment | keys | {"SITE": server.url}, check=False
            )
            if done.returncode:
                print(server.log())
            return done.returncode
        finally:
            server.stop()


def fresh(folder: Path) -> Server:
    """A server with a database in this folder, prepared and not yet started."""
    server = node(folder, f"sqlite:///{folder / 'keyhouse.sqlite3'}")
    server.manage("prepare")
    return server


if __name__ == "__main__":
    sys.exit(main())
