"""What goes wrong is told by its status: who may try again, and who need not."""

import uuid

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection

from keys import minting
from keys.kinds import API_KEY

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(client):
    """Asks for an address while the database fails so."""

    def asked(path, failure):
        def fail(*_args, **_kwargs):
            raise failure

        client.raise_request_exception = False
        with connection.execute_wrapper(fail):
            return client.get(path, headers={"DD-API-KEY": minting.mint(API_KEY, uuid.uuid4()).text})

    return asked


@pytest.mark.parametrize("failure", [OperationalError("lock timeout"), InterfaceError("connection closed")])
@pytest.mark.parametrize("path", ["/invitations/x/", "/api/v1/validate"])
def test_a_database_that_is_away_is_no_mistake_of_ours(path, failure, failing):
    answer = failing(path, failure)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_any_other_failure_of_it_is(failing):
    answer = failing("/invitations/x/", DataError("out of range"))

    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers
