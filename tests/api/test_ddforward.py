"""What a proxy is asked to forward: every SDK's way of asking is understood, and nobody else's."""

from urllib.parse import quote

import pytest

from api.answers import ApiError
from api.intake import ddforward
from keys.kinds import Track

TOKEN = "placeholder-0123456789abcdef"
REAL = "pub" + "e" * 32
QUERY = f"ddsource=browser&dd-api-key={TOKEN}&dd-evp-origin-version=7.16.0&dd-evp-origin=browser&dd-request-id=1"


def read(target, more=""):
    return ddforward.read(f"ddforward={quote(target, safe='')}{more}")


ASKED = {
    "7": (f"/api/v2/rum?{QUERY}&batch_time=17&_dd.api=beacon", Track.RUM),
    "7 replay": (f"/api/v2/replay?{QUERY}", Track.RUM),
    "6": (f"/api/v2/logs?{QUERY}", Track.LOGS),
    "5": (f"/api/v2/logs?ddsource=browser&ddtags=sdk_version%3A5.35.0&dd-api-key={TOKEN}", Track.LOGS),
}
ELDER = {
    "4": (f"https://logs.browser-intake-datadoghq.com/api/v2/logs?{QUERY}", "/api/v2/logs", Track.LOGS),
    "4 eu": (f"https://rum.browser-intake-datadoghq.eu/api/v2/rum?{QUERY}", "/api/v2/rum", Track.RUM),
    "4 us3": (
        f"https://session-replay.browser-intake-us3-datadoghq.com/api/v2/replay?{QUERY}",
        "/api/v2/replay",
        Track.RUM,
    ),
    "6 absolute": (f"https://browser-intake-datadoghq.com/api/v2/rum?{QUERY}", "/api/v2/rum", Track.RUM),
    "gov": (f"https://browser-intake-ddog-gov.com/api/v2/rum?{QUERY}", "/api/v2/rum", Track.RUM),
}
IN_PATH = {
    "3 logs": ("https://browser-http-intake.logs.datadoghq.com/v1/input/{token}?ddsource=browser", Track.LOGS),
    "3 rum": ("https://rum-http-intake.logs.datadoghq.com/v1/input/{token}?ddsource=browser", Track.RUM),
    "3 eu": ("https://rum-http-intake.logs.datadoghq.eu/v1/input/{token}?ddsource=browser", Track.RUM),
}


@pytest.mark.parametrize("version", ASKED)
def test_path_and_query_stay_as_they_are_but_for_the_token(version):
    target, track = ASKED[version]
    forward = read(target)

    assert (forward.route.track, forward.token) == (track, TOKEN)
    assert forward.target(forward.token) == target
    assert forward.target(REAL) == target.replace(TOKEN, REAL)


@pytest.mark.parametrize("version", ELDER)
def test_of_a_whole_address_the_host_is_forgotten(version):
    target, path, track = ELDER[version]
    forward = read(target)

    assert (forward.route.path, forward.route.track) == (path, track)
    assert forward.target(REAL) == f"{path}?{QUERY.replace(TOKEN, REAL)}"


@pytest.mark.parametrize("version", IN_PATH)
def test_version_3_has_the_token_in_the_path_and_the_track_in_the_host(version):
    target, track = IN_PATH[version]
    forward = read(target.format(token=TOKEN))

    assert (forward.token, forward.route.track) == (TOKEN, track)
    assert forward.target(REAL) == f"/v1/input/{REAL}?ddsource=browser"


def test_what_else_the_sdk_tells_the_proxy_is_not_forwarded():
    assert read(ASKED["7"][0], "&ddforwardSubdomain=quota&visitor=e30").target(TOKEN) == ASKED["7"][0]


PATH = f"/api/v2/rum?dd-api-key={TOKEN}"
REFUSED = {
    "another host": f"https://evil.example{PATH}",
    "a host like Datadog's": f"https://browser-intake-datadoghq.com.evil.example{PATH}",
    "a host that ends like Datadog's": f"https://evil-browser-intake-datadoghq.com.example{PATH}",
    "a user name": f"https://browser-intake-datadoghq.com@evil.example{PATH}",
    "a port": f"https://browser-intake-datadoghq.com:8443{PATH}",
    "plain http": f"http://browser-intake-datadoghq.com{PATH}",
    "metadata": "http://169.254.169.254/latest/meta-data",
    "no scheme": f"//evil.example{PATH}",
    "a backslash": f"/\\evil.example{PATH}",
    "relative": f"api/v2/rum?dd-api-key={TOKEN}",
    "up": f"/api/v2/../v1/keys?dd-api-key={TOKEN}",
    "up, encoded": f"/api/v2/%2e%2e/rum?dd-api-key={TOKEN}",
    "a slash, encoded": f"/api/v2%2frum?dd-api-key={TOKEN}",
    "another path": f"/api/v1/validate?dd-api-key={TOKEN}",
    "what Agents send": f"/api/v2/series?dd-api-key={TOKEN}",
    "our own proxy": f"/rum-proxy?dd-api-key={TOKEN}",
    "below": f"/api/v2/rum/x?dd-api-key={TOKEN}",
    "no token": "/api/v2/rum?ddsource=browser",
    "two tokens": f"{PATH}&dd-api-key=other",
    "two spellings": f"{PATH}&dd%2Dapi%2Dkey=other",
    "two names": f"{PATH}&api_key=other",
    "two places": f"/v1/input/{TOKEN}?dd-api-key=other",
    "a path of its own below": f"/v1/input/{TOKEN}/x",
    "a fragment": f"{PATH}#x",
    "a line break": f"{PATH}\r\nX: y",
    "a space": f"{PATH}& x",
    "not ASCII": f"{PATH}&x=\u00e9",
    "too long": PATH + "&x=" + "a" * 9000,
    "nothing": "",
}


@pytest.mark.parametrize("what", REFUSED)
def test_everything_else_is_refused_with_a_reason(what):
    with pytest.raises(ApiError) as refusal:
        read(REFUSED[what])

    assert refusal.value.status == 400
    assert str(refusal.value).startswith("ddforward: ")
    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize("query", ["", "x=1", f"ddforward={quote(PATH, safe='')}&ddforward=x", "ddforward"])
def test_it_is_asked_once(query):
    with pytest.raises(ApiError):
        ddforward.read(query)
