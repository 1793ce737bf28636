"""Datadog's client sends metrics, logs and checks by an API key: let in, understood, passed on as they were sent."""

import gzip
import json
import time
import zlib

import pytest
import urllib3
from datadog_api_client import ApiClient
from datadog_api_client.exceptions import ForbiddenException
from datadog_api_client.v1.api.metrics_api import MetricsApi as MetricsV1Api
from datadog_api_client.v1.api.service_checks_api import ServiceChecksApi
from datadog_api_client.v1.model.metrics_payload import MetricsPayload
from datadog_api_client.v1.model.point import Point
from datadog_api_client.v1.model.series import Series
from datadog_api_client.v1.model.service_check import ServiceCheck
from datadog_api_client.v1.model.service_check_status import ServiceCheckStatus
from datadog_api_client.v1.model.service_checks import ServiceChecks
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries

from tests.clients.datadog import configuration, unparsed
from tests.recording import recording
from tests.server.intake import company, run

pytestmark = pytest.mark.server

NOW = int(time.time())
WORDS = "tempête à Ōsaka ☂"
TAGS = ["place:Ōsaka"]
PACKED = {"": bytes, "identity": bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}


def metrics(client, **encoding):
    point = MetricPoint(timestamp=NOW, value=0.7)
    series = MetricSeries(metric="tea.cups", type=MetricIntakeType.GAUGE, points=[point], tags=TAGS)
    return MetricsApi(client).submit_metrics(MetricPayload(series=[series]), **encoding)


def metrics_of_old(client, **encoding):
    series = Series(metric="tea.cups", type="gauge", points=[Point([float(NOW), 1.1])], tags=TAGS)
    return MetricsV1Api(client).submit_metrics(MetricsPayload(series=[series]), **encoding)


def logs(client, **encoding):
    line = HTTPLogItem(ddsource="kettle", ddtags="env:tests", hostname="kitchen", message=WORDS, service="tea")
    return LogsApi(client).submit_log(HTTPLog([line]), **encoding)


def checks(client):
    check = ServiceCheck(check="kettle.ok", host_name="kitchen", status=ServiceCheckStatus.OK, tags=TAGS, message=WORDS)
    return ServiceChecksApi(client).submit_service_check(ServiceChecks([check]))


CALLS = [
    *((metrics, "/api/v2/series", encoding) for encoding in ("", "gzip", "deflate")),
    *((metrics_of_old, "/api/v1/series", encoding) for encoding in ("", "gzip", "deflate")),
    *((logs, "/api/v2/logs", encoding) for encoding in ("", "identity", "gzip", "deflate")),
    (checks, "/api/v1/check_run", ""),
]


@pytest.fixture(scope="module")
def upstream():
    with recording() as told:
        yield told


@pytest.fixture(scope="module")
def acme(server, upstream):
    return company(server, upstream.url)


@pytest.fixture
def connected(server):
    """Makes clients with this API key, whose calls return answer, status and headers."""
    made = []

    def client(api_key):
        settings = configuration(server.url, api_key=api_key)
        settings.return_http_data_only = False
        made.append(ApiClient(settings))
        return made[-1]

    yield client
    for one in made:
        one.close()
        one.rest_client.pool_manager.clear()


@pytest.fixture
def written(monkeypatch):
    """The bodies that the client gave to its connection."""
    bodies, plain = [], urllib3.connectionpool.HTTPConnectionPool.urlopen

    def kept(pool, method, url, body=None, **more):
        bodies.append(body if isinstance(body, bytes) else body.encode())
        return plain(pool, method, url, body=body, **more)

    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "urlopen", kept)
    return bodies


@pytest.mark.parametrize(("send", "path", "encoding"), CALLS)
def test_what_it_sends_is_taken_in_and_passed_on_byte_for_byte(
    send, path, encoding, acme, connected, upstream, written
):
    answer, status, _headers = send(connected(acme.api_key), **({"content_encoding": encoding} if encoding else {}))
    came = upstream.last

    assert (status, unparsed(answer)) == (202, [])
    assert [came.body] == written
    assert came.target == path
    assert came.headers.get("content-encoding", "") == encoding
    assert "Ōsaka" in json.dumps(json.loads(PACKED[encoding](came.body)), ensure_ascii=False)
    assert came.headers["x-credential-kind"] == "api_key"
    assert came.headers["x-organization-id"] == acme.organization
    assert acme.api_key not in str(came)


@pytest.mark.parametrize("send", [metrics, metrics_of_old, checks])
def test_a_client_token_sends_none_of_it(send, acme, connected, upstream):
    before = len(upstream.received)
    with pytest.raises(ForbiddenException):
        send(connected(acme.token))

    assert len(upstream.received) == before


USES = """
import json
import time
from django.db.models import Sum
from keys.models import Credential, UsageDay
key = Credential.objects.get(organization_id={!r}, kind="api_key")
for _ in range(100):
    rows = UsageDay.objects.filter(credential_id=key.pk).values("outcome").annotate(sum=Sum("count"))
    found = {{row["outcome"]: row["sum"] for row in rows}}
    if sum(found.values()) >= {!r}:
        break
    time.sleep(0.1)
print(json.dumps(found))
"""


def test_each_is_counted_once(server, connected, upstream):
    sender = company(server, upstream.url)
    for send, _path, encoding in CALLS:
        send(connected(sender.api_key), **({"content_encoding": encoding} if encoding else {}))

    assert run(server, USES.format(sender.organization, len(CALLS))) == {"valid": len(CALLS)}
