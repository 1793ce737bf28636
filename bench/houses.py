"""Everybody's home for a bench: a prepared database and a file with the keys in it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.engines import Engine
from tests.run import find

ROOT = Path(__file__).resolve().parent.parent
BETTER_AUTH = ROOT / "bench" / "better-auth"
VENV = ROOT / ".bench-venv" / "bin" / "python"
WELL_KNOWN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


class CannotTakePart(Exception):
    """What it needs is not on this machine; the message says what."""


@dataclass(frozen=True)
class House:
    """Where a product keeps its keys. `keys` is a file of them, one a line."""

    keys: Path
    environment: dict[str, str]

    def run(self, *command: str | Path) -> str:
        """Run a command in the house; what it printed."""
        words = [str(word) for word in command]
        done = subprocess.run(words, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
        return done.stdout


def keyhouse(engine: Engine, how_many: int, *, name: str = "") -> House:
    """A Keyhouse with one organisation and so many API keys. Its name sets it apart from another of that size."""
    name = name or f"keyhouse_{how_many}"
    folder = engine.folder / name
    folder.mkdir()
    environment = {
        "DATA_DIR": str(folder),
        "DATABASE_URL": engine.database(name),
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WORKERS": "2",
        "TICK": "0",  # the day's scan of a hundred thousand keys would have a core to itself for a while
        "API_RATES": "write=1000000/60",
        "VERIFY_UNKNOWN": "1000000",  # each bad key is looked up: by default a network would soon be turned away
    }
    house = House(folder / "keys.txt", WELL_KNOWN | environment)
    house.run(sys.executable, "manage.py", "prepare")
    house.run(sys.executable, "-m", "bench.seed", str(how_many))
    return house


def django(engine: Engine, how_many: int) -> House:
    """A Django project with djangorestframework-api-key and so many of its keys."""
    if not VENV.exists():
        raise CannotTakePart("the contestants' environment is missing: `make bench` makes it")
    keys = engine.folder / "django.txt"
    environment = {"DATABASE_URL": engine.database("django"), "DJANGO_SETTINGS_MODULE": "bench.rivals.settings"}
    house = House(keys, WELL_KNOWN | environment)
    house.run(VENV, "-m", "bench.rivals.seed", str(how_many), keys)
    return house


def better_auth(engine: Engine, how_many: int, mode: str) -> House:
    """A database of better-auth with so many keys of its API key plugin, in one of bench/better-auth's modes."""
    if not (find("node") and find("npm")):
        raise CannotTakePart("Node.js with npm is missing")
    if not (BETTER_AUTH / "node_modules").exists():
        install = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
        if subprocess.run(install, cwd=BETTER_AUTH, check=False).returncode:
            raise CannotTakePart("npm could not install it")
    keys = engine.folder / f"better-auth-{mode}.txt"
    environment = {
        "DATABASE_URL": engine.database(f"better_auth_{mode}"),
        "MODE": mode,
        "MEMORY": f"{keys}.memory",
        "NODE_ENV": "production",
    }
    house = House(keys, WELL_KNOWN | environment)
    house.run("node", BETTER_AUTH / "seed.mjs", str(how_many), keys)
    return house
