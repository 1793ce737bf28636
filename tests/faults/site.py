"""A database with an organisation, on which nodes are started and always ended."""

import contextlib
import itertools
import json
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from tests import serving
from tests.faults.load import Expected
from tests.server.asking import call

PATIENT = {"VERIFY_UNKNOWN": "1000000", "USAGE_RESERVE": "0", "DEMO": "0"}


@dataclass
class Site:
    """`first` is a server whose database is prepared; `keys` are those of an organisation in it."""

    first: serving.Server
    keys: dict = field(repr=False)
    folder: Path
    _numbers = itertools.count(1)

    def anew(self):
        """The same with another organisation: of one credential only so many networks are told apart in a day."""
        return Site(self.first, organization(self.first), self.folder)

    @contextlib.contextmanager
    def node(self, *, folder=None, **environment):
        """A running node with a folder of its own, killed at the end."""
        folder = folder or self.folder / f"node-{next(self._numbers)}"
        folder.mkdir(exist_ok=True)
        started = self.first.beside(folder, **(PATIENT | environment))
        started.start()
        try:
            yield started
        finally:
            started.kill()

    def new_key(self, node):
        """Another API key, made on this node: its id, and a question about it."""
        attributes = {"name": f"key {uuid.uuid4().hex[:8]}"}
        made = call(node, "POST", "/api/v2/api_keys", self.keys, {"type": "api_keys", "attributes": attributes})
        return made["id"], Expected(200, "valid", "/verify/key", made["attributes"]["key"], refused="revoked")

    def revoke(self, node, identity):
        """Revoke an API key by this node."""
        call(node, "DELETE", f"/api/v2/api_keys/{identity}", self.keys)

    def questions(self):
        """Eight good ones, one about a key that nobody knows, one about a good key of the wrong kind."""
        key = self.keys["api_key"]
        good = Expected(200, "valid", "/verify/load", key)
        unknown = Expected(401, "unknown", f"/verify/load?organization={self.keys['org_id']}", "0" * 32)
        return [*[good] * 4, unknown, *[good] * 4, Expected(403, "wrong_kind", "/verify?accept=client_token", key)]


def organization(server):
    """The keys of a new organisation on the server's database."""
    name = f"Faults {uuid.uuid4().hex[:6]}"
    return json.loads(server.manage("createorg", name, "--admin", f"{name[-6:]}@faults.example", "--keys"))


@contextlib.contextmanager
def prepared(database=None):
    """A site with a database of its own: a new file, or this empty one."""
    with tempfile.TemporaryDirectory(prefix="keyhouse-faults-") as folder:
        path = Path(folder)
        (path / "first").mkdir()
        first = serving.node(path / "first", database or f"sqlite:///{path / 'keyhouse.sqlite3'}", **PATIENT)
        first.manage("prepare")
        yield Site(first, organization(first), path)
