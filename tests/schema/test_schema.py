"""Every operation keeps what the description says of it, asked a few times here and often by `make fuzz`."""

import os
import re

import pytest

from tests.schema.runner import fuzz

pytestmark = [pytest.mark.server, pytest.mark.schema]


def test_no_operation_breaks_its_description(server):
    examples = int(os.environ.get("FUZZ_EXAMPLES", "5"))
    done = fuzz(server, examples=examples, briefly=examples < 50)

    print(done.stdout[-2000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5000:]
    assert "Tested: 98" in done.stdout
    assert int(re.search(r"generated, (\d+) passed", done.stdout)[1]) > 500
