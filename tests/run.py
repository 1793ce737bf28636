"""`make test`: install what is missing, check everything, test on SQLite, then on a PostgreSQL of its own.

`python -m tests.run checks` runs Django's checks alone; `python -m tests.run sqlite|postgresql ARGS…` one engine;
`python -m tests.run fuzz` asks the API at random, often, on both.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
PROGRAMS = {
    "chromium": "chromium",
    "initdb": "postgresql",
    "fc-list": "fontconfig",
    "nginx": "nginx-light",
    "caddy": "caddy",
    "npm": "npm",
}
FONTS = {"Noto Sans CJK JP": "fonts-noto-cjk", "Inter": "fonts-inter"}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
STEADY = {
    "autovacuum": "off"
}  # a table analysed while its rows were not committed yet is planned for as if it were empty
FAULTS, SLOW_CLIENTS = "tests/faults", "tests/server/test_slow_clients.py"
ALONE = (FAULTS, SLOW_CLIENTS)
"""They promise how soon something happens while a machine has much to do: nothing else runs beside them."""
PRODUCTION = {
    "SECURE": "1",
    "TRUSTED_PROXIES": "1",
    "SITE_URL": "https://keys.example.com",
    "ALLOWED_HOSTS": "keys.example.com",
}


def main(arguments: list[str]) -> int:
    """Run what was asked for; everything, when nothing was."""
    if arguments[:1] == ["checks"]:
        return checks()
    if arguments[:1] == ["sqlite"]:
        return pytest(arguments[1:])
    if arguments:
        install()
        if arguments[0] == "fuzz":
            return fuzz()
        with postgresql(**STEADY) as url:
            return pytest(arguments[1:], DATABASE_URL=url)
    with ThreadPoolExecutor() as beside:  # what is downloaded meanwhile, is not needed by style and types
        installed = beside.submit(install)
        if lint() or checks():
            return 1
        installed.result()
    if pytest([]):
        return 1
    with postgresql(**STEADY) as url:
        return pytest([], DATABASE_URL=url)


def run(*command: str | Path, **environment: str) -> int:
    """Run one command, saying which; its exit status."""
    print("→", *(str(word) for word in command if word != str(BIN)), flush=True)
    return subprocess.run([str(word) for word in command], env=os.environ | environment, check=False).returncode


def lint() -> int:
    """Style, types, and that imports only go down."""
    return (
        run(BIN / "ruff", "check", "--quiet", ".")
        or run(BIN / "ruff", "format", "--quiet", "--check", ".")
        or run(BIN / "mypy")
        or run(BIN / "lint-imports", "--no-cache")
    )


def checks() -> int:
    """Migrations that are missing, and Django's own checks as for a real deployment: any warning fails."""
    with tempfile.TemporaryDirectory() as data:
        return run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run", DATA_DIR=data) or run(
            sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", DATA_DIR=data, **PRODUCTION
        )


def pytest(arguments: list[str], **environment: str) -> int:
    """The tests: those that need the machine for themselves, those of the server, all others, those with a browser;
    all but the first on every core, with a server for each. Arguments replace that plan.

    How a page looks, what the description says, what SDKs send and how slow clients are borne depends on no engine:
    checked on SQLite alone.
    """
    command = (sys.executable, "-m", "pytest", "-q")
    if arguments:
        return run(*command, *arguments, **environment)
    others = ("-n", "2", *(f"--ignore={path}" for path in ALONE))
    spread = (*others, "--dist", "worksteal")  # the long ones are few: nobody waits for them idle
    together = (*others, "--dist", "loadfile")  # some look at what those before them left on the server
    server, browser = "server and not patience", "browser or patience"  # who waits may as well wait beside others
    alone = ALONE
    if environment:
        alone = (FAULTS,)
        server, browser = f"{server} and not schema", "browser and not axe and not sdk"
    return (
        run(*command, *alone, **environment)
        or run(*command, *together, "-m", server, **environment)
        or run(*command, *spread, "-m", "not server and not browser", **environment)
        or run(*command, *spread, "-m", browser, **environment)  # its event loop never ends: Django's tests refuse it
    )


def fuzz() -> int:
    """Every operation of the API 200 times by schemathesis, on SQLite and on PostgreSQL."""
    often = {"FUZZ_EXAMPLES": "200"}
    with postgresql() as url:
        return pytest(["-s", "tests/schema"], **often) or pytest(["-s", "tests/schema"], DATABASE_URL=url, **often)


def install() -> None:
    """Install Debian's Chromium, PostgreSQL, npm and fonts where they are missing; else say what is."""
    wanted = [package for program, package in PROGRAMS.items() if not find(program)]
    known = subprocess.run(["fc-list"], capture_output=True, text=True, check=False).stdout if find("fc-list") else ""
    wanted += [package for font, package in FONTS.items() if font not in known]
    if not wanted:
        return
    if os.geteuid() or not find("apt-get"):
        sys.exit(f"Missing for the tests: {', '.join(wanted)}. Install these Debian packages and run it again.")
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # installed, and no service started
    run("apt-get", "update", "-qq", **quiet)
    if run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted, **quiet):
        sys.exit(f"Could not install: {', '.join(wanted)}.")


def find(program: str) -> str | None:
    """The program on PATH, or in Debian's folders for PostgreSQL's."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    folders.append("/usr/sbin")
    return shutil.which(program) or shutil.which(program, path=os.pathsep.join(folders))


@dataclass
class Cluster:
    """A PostgreSQL server. `data` is its folder, `control` the beginning of every command that controls it."""

    url: str
    data: Path
    control: list[str]
    options: str

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._control("-w", "-o", self.options, "-l", str(self.data / "log"), "start", check=True)

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._control("-m", "immediate", "stop")

    def signal(self, number: int) -> None:
        """Send a signal to its first process, and then to all that this one started."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(first, number)
        for child in Path(f"/proc/{first}/task/{first}/children").read_text().split():
            os.kill(int(child), number)

    def _control(self, *arguments: str, check: bool = False) -> None:
        subprocess.run([*self.control, *arguments], check=check, stdout=subprocess.DEVNULL, cwd=self.data.parent)


@contextlib.contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """A PostgreSQL server in a folder and on a port of its own, stopped and deleted afterwards; fast, but for these
    settings of its own."""
    with tempfile.TemporaryDirectory(prefix="keyhouse-pg-") as folder:
        user = unprivileged(Path(folder))
        data, port = Path(folder) / "data", free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        options += "".join(f" -c {name}={value}" for name, value in (FAST | settings).items())
        initdb = [*user, find("initdb") or "initdb", "-D", str(data), "-U", "keyhouse", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        control = [*user, find("pg_ctl") or "pg_ctl", "-D", str(data)]
        made = Cluster(f"postgres://keyhouse@127.0.0.1:{port}/postgres", data, control, options)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@contextlib.contextmanager
def postgresql(**settings: str) -> Iterator[str]:
    """The address of a server for tests, which need not outlive anything."""
    with cluster(**settings) as made:
        yield made.url


def unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then hand the folder to `nobody` and run as that."""
    if os.geteuid():
        return []
    shutil.chown(folder, "nobody")
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
