"""Loaded by pytest before any setting is read: the tests have a data folder of their own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers' folders lie in that of the process that started them
    os.environ["TESTS_FOLDER"] = tempfile.mkdtemp(prefix="keyhouse-tests-")
    atexit.register(shutil.rmtree, os.environ["TESTS_FOLDER"], ignore_errors=True)
_folder = Path(os.environ["TESTS_FOLDER"], os.environ.get("PYTEST_XDIST_WORKER", "main"))
_folder.joinpath("static").mkdir(parents=True, exist_ok=True)  # whitenoise warns when there is none
os.environ["DATA_DIR"] = str(_folder)
os.environ["SITE_URL"] = "http://testserver"
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["USAGE_RESERVE"] = "0"
os.environ.pop("DEMO", None)
