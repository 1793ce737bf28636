"""Loaded by pytest before any setting is read: the tests have a data folder of their own."""

import os
import tempfile

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_folder = tempfile.mkdtemp(prefix=f"keyhouse-tests-{_worker}-")
os.mkdir(f"{_folder}/static")  # whitenoise warns when there is none
os.environ["DATA_DIR"] = _folder
os.environ["SITE_URL"] = "http://testserver"
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ.pop("DEMO", None)
