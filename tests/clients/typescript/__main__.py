"""`make test-typescript`: Datadog's TypeScript client, from npm, against a server of its own. Needs Node.js."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.run import free_port
from tests.serving import Server

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
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'keyhouse.sqlite3'}",
        "PORT": str(port),
        "SITE_URL": url,
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    server = Server(url, folder, environment)
    server.manage("prepare")
    return server


if __name__ == "__main__":
    sys.exit(main())
