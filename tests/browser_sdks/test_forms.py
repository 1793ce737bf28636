"""The visits are what they are meant to be: the forms that each major has of naming an address, and of sending."""

import re
import zlib
from urllib.parse import unquote

import pytest

from tests.browser_sdks import visits
from tests.browser_sdks.packages import MAJORS

ELDER = "browser-http-intake.logs.datadoghq.com"
HOSTS = {
    3: {"rum-http-intake.logs.datadoghq.com", ELDER, "session-replay.browser-intake-datadoghq.com"},
    4: {f"{name}.browser-intake-datadoghq.com" for name in ("rum", "logs", "session-replay")},
}
SPLIT = re.compile(rb"\n(?=\{)")


@pytest.mark.parametrize("major", MAJORS)
def test_without_any_option_they_find_keyhouse_at_datadogs_addresses(major, visits_of, wires):
    hosts = {one.request.headers["host"] for one in visits.sent(visits_of(major)["direct"], wires)}

    assert hosts == HOSTS.get(major, {"browser-intake-datadoghq.com"})


@pytest.mark.parametrize(("major", "form"), visits.CASES)
def test_views_actions_errors_lines_and_replays_come_by_fetch_and_by_beacon(major, form, visits_of, wires):
    visit = visits_of(major)[form]
    rum, logs = (visits.about(application, wires) for application in visit.applications.values())
    texts = [visits.content(one) for one in rum]
    kinds = {kind for text in texts for kind in re.findall(rb'"type":"(view|action|error|resource)"', text)}
    modes = {one.request.headers["sec-fetch-mode"] for one in [*rum, *logs]}

    assert kinds == {b"view", b"action", b"error", b"resource"}
    assert any("replay" in one.request.target for one in rum)
    assert any("Grüße, 訪問者 – ☕".encode() in visits.content(one) for one in logs)
    assert modes == ({"no-cors"} if major == 3 else {"cors", "no-cors"})


@pytest.mark.parametrize("major", visits.FORMS["compressed"])
def test_what_is_compressed_is_a_whole_stream_with_nothing_after_it(major, visits_of, wires):
    sent = visits.sent(visits_of(major)["compressed"], wires)
    packed = [one.request for one in sent if "dd-evp-encoding=deflate" in unquote(one.request.target)]
    streams = [zlib.decompressobj() for _ in packed]
    for stream, request in zip(streams, packed, strict=True):
        stream.decompress(request.body)

    assert packed
    assert all(stream.eof and not stream.unused_data for stream in streams)
    assert not any("content-encoding" in request.headers for request in packed)
